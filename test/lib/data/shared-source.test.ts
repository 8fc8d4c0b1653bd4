import assert from "node:assert/strict";
import fc from "fast-check";
import { PetageError, type ErrorCode } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { disposable } from "#lib/data/batch-memory.ts";
import { sharedSource, STEPS_PER_RANGE, type Replica } from "#lib/data/shared-source.ts";
import type { BatchSource, StepRange } from "#lib/data/types.ts";

const never = new AbortController().signal;
const RANGE: StepRange = { epoch: 0, rank: 0, worldSize: 1, startStep: 0 };

/** What has been asked of replicas and given by them. */
interface Seen {
  readonly asked: number[][];
  lent: number;
}

interface Fault {
  /** Batches that a replica gives until it is lost for good. */
  readonly gives: number;
  readonly code?: ErrorCode;
}

/** Replicas of an epoch whose batches are their steps. */
function replicas(stepsPerEpoch: number, faults: readonly Fault[]): { all: Replica[]; seen: Seen } {
  const seen: Seen = { asked: faults.map(() => []), lent: 0 };
  const all = faults.map(({ gives, code = "UNAVAILABLE" }, index): Replica => {
    let given = 0;
    const check = (): void => {
      if (given >= gives) throw new PetageError(code, `replica ${index} is gone`);
    };
    const source: BatchSource = {
      async describe() {
        check();
        return { stepsPerEpoch, sampleCount: stepsPerEpoch, batchSize: 1, classes: [] };
      },
      async *batches({ startStep, endStep = stepsPerEpoch }) {
        seen.asked[index]?.push(startStep);
        for (let step = startStep; step < Math.min(endStep, stepsPerEpoch); step++) {
          check();
          given += 1;
          seen.lent += 1;
          yield disposable({ ...NO_IMAGES, step }, () => (seen.lent -= 1));
        }
      },
    };
    return { name: `data-loader-${index}`, source };
  });
  return { all, seen };
}

const NO_IMAGES = {
  images: new Uint8Array(),
  height: 0,
  width: 0,
  labels: new Int32Array(),
  sampleIds: [],
  sampleIndices: new Int32Array(),
  skippedIds: [],
};

async function stepsOf(source: BatchSource, range: Partial<StepRange> = {}, most = Infinity): Promise<number[]> {
  const steps: number[] = [];
  for await (using batch of source.batches({ ...RANGE, ...range }, never)) {
    steps.push(batch.step);
    if (steps.length === most) break;
  }
  return steps;
}

const LASTS: Fault = { gives: Infinity };

describe("a source of several replicas", () => {
  it("gives each step once and in order, whichever replicas are lost and when, while one is left", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), { maxLength: 3 }),
        fc.nat(3),
        fc.record({ rank: fc.nat(3), startStep: fc.nat(50), endStep: fc.option(fc.nat(70), { nil: undefined }) }),
        async (gives, place, { endStep, ...range }) => {
          const faults = gives.map((count): Fault => ({ gives: count }));
          faults.splice(Math.min(place, faults.length), 0, LASTS);
          const { all, seen } = replicas(60, faults);
          const steps = await stepsOf(sharedSource(all, silentLog), {
            ...range,
            ...(endStep !== undefined && { endStep }),
          });
          const count = Math.max(0, Math.min(60, endStep ?? 60) - range.startStep);
          assert.deepEqual(
            steps,
            Array.from({ length: count }, (_, at) => range.startStep + at),
          );
          assert.equal(seen.lent, 0, "batches that nobody gave back");
        },
      ),
      { numRuns: 300 },
    ));

  it("asks all of them in turn, each rank another one first", async () => {
    const { all, seen } = replicas(4 * STEPS_PER_RANGE, [LASTS, LASTS]);
    await stepsOf(sharedSource(all, silentLog));
    assert.deepEqual(seen.asked, [
      [0, 2 * STEPS_PER_RANGE],
      [STEPS_PER_RANGE, 3 * STEPS_PER_RANGE],
    ]);
    const other = replicas(2 * STEPS_PER_RANGE, [LASTS, LASTS]);
    await stepsOf(sharedSource(other.all, silentLog), { rank: 1 });
    assert.deepEqual(other.seen.asked, [[STEPS_PER_RANGE], [0]]);
  });

  it("gives back what was made ahead when its reader leaves", async () => {
    const { all, seen } = replicas(60, [LASTS, LASTS, LASTS]);
    assert.deepEqual(await stepsOf(sharedSource(all, silentLog), {}, 3), [0, 1, 2]);
    assert.equal(seen.lent, 0);
  });

  it("warns of a lost one by its name, and asks it again in the next epoch", async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
    const { all, seen } = replicas(3 * STEPS_PER_RANGE, [{ gives: 2 }, LASTS]);
    const source = sharedSource(all, log);
    await stepsOf(source);
    assert.deepEqual(warnings, ["Lost data-loader-0: the other data-loaders give its batches"]);
    assert.deepEqual(seen.asked[1], [STEPS_PER_RANGE, 2, 2 * STEPS_PER_RANGE]);
    await stepsOf(source, { epoch: 1 });
    assert.equal(warnings.length, 3, "the description and the batches of the next epoch");
  });

  it("fails when the last one is lost, and with what is no loss of a replica", async () => {
    const lost = replicas(60, [{ gives: 9 }, { gives: 20 }]);
    await assert.rejects(stepsOf(sharedSource(lost.all, silentLog)), { code: "UNAVAILABLE" });
    const bad = replicas(60, [{ gives: 9, code: "TOO_MANY_BAD_SAMPLES" }, LASTS]);
    await assert.rejects(stepsOf(sharedSource(bad.all, silentLog)), { code: "TOO_MANY_BAD_SAMPLES" });
    assert.deepEqual([lost.seen.lent, bad.seen.lent], [0, 0]);
  });
});
