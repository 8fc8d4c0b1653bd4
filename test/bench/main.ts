import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import { wholeNumber } from "../../cli/numbers.ts";
import type { BenchContext, Benchmark } from "./benchmark.ts";
import { toRow } from "./benchmark.ts";
import { controller } from "./controller.ts";
import { data } from "./data.ts";
import { learning } from "./learning.ts";
import { overload } from "./overload.ts";
import { predict } from "./predict.ts";
import { ring } from "./ring.ts";
import { train } from "./train.ts";

const PARTS = { train, data, ring, predict } satisfies Readonly<Record<string, Benchmark>>;

/** By the name that `npm run bench -- NAME` takes. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  main: {
    about: `the whole path: ${Object.keys(PARTS).join(", ")}`,
    async *run(context) {
      for (const part of Object.values(PARTS)) yield* part.run(context);
    },
  },
  ...PARTS,
  learning,
  controller,
  overload,
};

function list(): string {
  return Object.entries(BENCHMARKS)
    .map(([name, { about }]) => `${name.padEnd(12)} ${about}\n`)
    .join("");
}

async function bench(name: string, context: BenchContext): Promise<void> {
  const benchmark = BENCHMARKS[name];
  if (!benchmark) {
    const hint = didYouMean(name, Object.keys(BENCHMARKS)) ?? "npm run bench lists them";
    throw new PetageError("NOT_FOUND", `There is no benchmark ${name}`, { hint });
  }
  for await (const measurement of benchmark.run(context)) {
    process.stdout.write(`${JSON.stringify(toRow(name, measurement))}\n`);
  }
}

const command = new Command("bench")
  .description("Measures petage, each figure beside a peer where there is one.")
  .argument("[name]", "what to measure; without it, the names are listed")
  .option("--tiny", "the smallest sizes, to see in seconds that it works; the figures mean nothing")
  .option("--seeds <number>", "seeds that learning trains from (default: 3)", wholeNumber)
  .addHelpText(
    "after",
    `
Prints one JSON object a line: {bench, case, value, unit, peer, peerValue, ratio, target, met}. ratio is value over
peerValue: above 1 is better for img/s, below 1 for ms, MB and months. A peer that cannot run is null; why is on stderr, as
is the progress. PETAGE_BENCH_PYTHON names a Python with torch, numpy and Pillow, which runs the peers in turns with ours.

Examples:
  npm run bench
  npm run bench --silent -- main > bench.jsonl
  PETAGE_BENCH_PYTHON=venv/bin/python npm run bench -- train`,
  )
  .action(async (name: string | undefined, { tiny, seeds }: { readonly tiny?: true; readonly seeds?: number }) => {
    if (name === undefined) return void process.stdout.write(list());
    const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
    const python = process.env["PETAGE_BENCH_PYTHON"] || undefined;
    await bench(name, { size: tiny ? "tiny" : "full", python, seeds, say });
  });

process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`bench: ${PetageError.from(error).describe()}\n`);
  process.exitCode = 1;
}
