import { createGroup } from "#lib/collective/group.ts";
import type { RingGroup } from "#lib/collective/group.ts";
import { oneGroup } from "#lib/collective/membership.ts";
import { disposable } from "#lib/data/batch-memory.ts";
import type { Batch, BatchSource, StepRange } from "#lib/data/types.ts";
import { systemClock } from "#lib/system/clock.ts";
import { LOSS_INDEX, STOP_INDEX } from "#lib/train/step/bucket-plan.ts";
import { train } from "#lib/train/loop.ts";
import type { TrainParts } from "#lib/train/loop.ts";
import type { StepEngine, StepScalars } from "#lib/train/ports.ts";
import type { TrainingRun } from "#lib/train/run.ts";
import { fakeRun } from "./fake-run.ts";
import type { FakeRun } from "./fake-run.ts";
import { memoryRing } from "./memory-ring.ts";

const never = new AbortController().signal;

export interface FakeStep extends StepEngine {
  readonly applied: { readonly scalars: StepScalars; readonly gradient: number }[];
}

/** A step whose gradient is the step's number within the epoch plus `offset`, and whose loss a test chooses. */
export function fakeStep(options: FakeStepOptions = {}): FakeStep {
  const { loss = () => 1, offset = 0, hash = () => "same", onGradients = () => {} } = options;
  const gradient = new Float32Array(1);
  const last = new Float32Array(2);
  const applied: FakeStep["applied"] = [];
  return {
    applied,
    async *gradients(batch: Batch) {
      onGradients();
      gradient[0] = batch.step + offset;
      yield { index: 0, values: gradient, isLast: false };
      last[LOSS_INDEX] = loss(applied.length + 1);
      last[STOP_INDEX] = 0;
      yield { index: 1, values: last, isLast: true };
    },
    async apply(scalars) {
      applied.push({ scalars, gradient: gradient[0] ?? NaN });
      return { loss: last[LOSS_INDEX] ?? NaN };
    },
    hash: async () => hash(),
  };
}

export interface FakeStepOptions {
  readonly loss?: (step: number) => number;
  readonly offset?: number;
  readonly hash?: () => string;
  readonly onGradients?: () => void;
}

/** Batches of two empty images; `end` ends an epoch early. `onRelease` hears of each batch that is given back. */
export function fakeSource(asked: StepRange[] = [], end = Infinity, onRelease = (_step: number) => {}): BatchSource {
  return {
    describe: async () => ({ stepsPerEpoch: 4, sampleCount: 8, batchSize: 2, classes: [] }),
    async *batches(range) {
      asked.push(range);
      for (let step = range.startStep; step < Math.min(4, end); step++) {
        const batch: Batch = {
          step,
          images: new Uint8Array(6),
          height: 1,
          width: 1,
          labels: new Int32Array(2),
          sampleIds: ["a", "b"],
          sampleIndices: new Int32Array(2),
          skippedIds: [],
        };
        yield disposable(batch, () => onRelease(step));
      }
    },
  };
}

export interface LoopParts extends Omit<TrainParts, "membership" | "open"> {
  readonly group: RingGroup;
}

/** Trains `run` from where it stands, in one group. */
export async function trainLoop(run: TrainingRun, { group, ...parts }: LoopParts): Promise<void> {
  await train({ membership: oneGroup(async () => group), open: async () => run, ...parts });
}

/** What the loop needs of a run of one rank. */
export function loopParts(changes: Partial<LoopParts> = {}): LoopParts {
  const group = createGroup({ rank: 0, size: 1, generation: 0, clock: systemClock });
  return { step: fakeStep(), group, source: fakeSource(), hooks: [], validation: undefined, signal: never, ...changes };
}

export interface FakeRank extends FakeRun {
  readonly group: RingGroup;
  readonly step: FakeStep;
}

/** Ranks that train together over a ring within this process. */
export function fakeRanks(count: number, step: (rank: number) => FakeStepOptions = () => ({})): FakeRank[] {
  return memoryRing(count).map((link, rank) => ({
    ...fakeRun({ rank, worldSize: count }),
    group: createGroup({ rank, size: count, generation: 0, clock: systemClock, link }),
    step: fakeStep(step(rank)),
  }));
}

export async function leave(all: readonly FakeRank[]): Promise<void> {
  await Promise.all(all.map(({ group }) => group[Symbol.asyncDispose]()));
}
