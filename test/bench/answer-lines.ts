import { createInterface } from "node:readline";

/** What a contestant is given when it starts. */
export function contestantSetup<Setup>(): Setup {
  return JSON.parse(process.argv.at(-1) ?? "null") as Setup;
}

/** Answers each line of the input with one of the output, until the input ends. */
export async function answerLines<Request, Answer>(answer: (request: Request) => Promise<Answer>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Request))}\n`);
  }
}
