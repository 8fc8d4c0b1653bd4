import { z } from "zod";
import { createSchedule } from "#lib/optim/schedule.ts";
import { schedules } from "#lib/optim/schedules/index.ts";
import type { Schedule } from "#lib/optim/types.ts";
import { build } from "./build.ts";
import { near } from "./near.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

/** Both sides compute in float64; only the order of a few operations may differ. */
const RELATIVE_TOLERANCE = 1e-12;

const about = /base lr ([\d.e-]+), wd ([\d.e-]+), (\d+) epochs x (\d+) iters/;

const caseSchema = z.looseObject({
  schedulers: z.array(z.looseObject({ type: z.string() })),
  lr: z.array(z.number()).optional(),
  weight_decay: z.array(z.number()).optional(),
});
type Case = z.infer<typeof caseSchema>;

interface Run {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxEpochs: number;
  readonly epochLength: number;
}

function runOf(text: string): Run {
  const [learningRate = 0.1, weightDecay = 0.05, maxEpochs = 6, epochLength = 5] =
    about.exec(text)?.slice(1).map(Number) ?? [];
  return { learningRate, weightDecay, maxEpochs, epochLength };
}

/** What each iteration of the run sees. */
function play(schedule: Schedule, { maxEpochs, epochLength }: Run): { lr: number[]; weight_decay: number[] } {
  const seen = { lr: [] as number[], weight_decay: [] as number[] };
  for (let iteration = 1; iteration <= maxEpochs * epochLength; iteration++) {
    seen.lr.push(schedule.learningRate);
    seen.weight_decay.push(schedule.weightDecay);
    schedule.afterIteration();
    if (iteration % epochLength === 0) schedule.afterEpoch();
  }
  return seen;
}

function* checkCase(name: string, truth: Case, run: Run): Generator<GoldenResult> {
  const built = truth.schedulers.map((config) => build(schedules, config, run));
  const chain = built.filter((scheduler) => scheduler !== undefined);
  if (chain.length < built.length) {
    const unknown = truth.schedulers.filter(({ type }) => !Object.hasOwn(schedules.components, type));
    yield { name, status: "skipped", why: `no scheduler ${unknown.map(({ type }) => type).join(", ")} yet` };
    return;
  }
  const seen = play(createSchedule(chain, run), run);
  const columns = (["lr", "weight_decay"] as const).filter((column) => truth[column]);
  if (columns.length === 0) yield { name, status: "skipped", why: "the case holds neither lr nor weight_decay" };
  for (const column of columns) {
    const expected = truth[column] ?? [];
    yield near(`${name} ${column}`, { expected, got: seen[column] }, { relative: RELATIVE_TOLERANCE });
  }
}

export const lrChecker: GoldenChecker = {
  file: "lr.json",
  *check(data) {
    const { _about: text, ...cases } = z.looseObject({ _about: z.string().default("") }).parse(data);
    for (const [name, value] of Object.entries(cases)) {
      const truth = caseSchema.safeParse(value);
      if (truth.success) yield* checkCase(name, truth.data, runOf(text));
      else yield { name, status: "skipped", why: "not a list of schedulers with the values they gave" };
    }
  },
};
