import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { StepCount, StepTimes } from "./train.ts";

/** What a contestant is given when it starts. */
export function contestantSetup<Setup>(): Setup {
  return JSON.parse(process.argv.at(-1) ?? "null") as Setup;
}

/** The most memory that this process has had; `resourceUsage` would begin with what the process had that started it. */
export function peakRssBytes(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

/** Answers each line of the input with one of the output, until the input ends. */
export async function answerLines<Request, Answer>(answer: (request: Request) => Promise<Answer>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Request))}\n`);
  }
}

/** Does as many steps as each line asks for, and answers how long they took. Steps count from 1. */
export async function answerSteps(doStep: (step: number) => Promise<unknown>): Promise<void> {
  let step = 0;
  await answerLines(async ({ steps }: StepCount): Promise<StepTimes> => {
    const ms: number[] = [];
    for (let done = 0; done < steps; done++) {
      const started = performance.now();
      await doStep(++step);
      ms.push(performance.now() - started);
    }
    return { ms, peakRssBytes: peakRssBytes() };
  });
}
