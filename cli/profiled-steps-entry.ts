import { writeSync } from "node:fs";
import { randomStream } from "#lib/base/random.ts";
import { silentLog } from "#lib/base/log.ts";
import { convolutionRate } from "#lib/engine/convolution-rate.ts";
import { loadEngine } from "#lib/engine/load.ts";
import { marker } from "#lib/engine/profile/primitives.ts";
import type { Batch } from "#lib/data/types.ts";
import { toPlainError } from "#lib/host/plain-error.ts";
import { memoryLimitBytes } from "#lib/host/process/memory.ts";
import { quietTensorflow } from "#lib/host/quiet-tensorflow.ts";
import { systemClock } from "#lib/system/clock.ts";
import type { BatchForm } from "#lib/train/step/step-graph.ts";
import { TrainingStep } from "#lib/train/step/training-step.ts";
import { modelSettings } from "#lib/train/settings.ts";
import { loadUserConfig } from "./commands/config.ts";

// Runs steps on noise for `petage engine profile`, which reads what oneDNN says of them on this process's output. That
// is written past Node's streams, so that it is in order.

/** What it is started with. */
export interface ProfiledSteps extends BatchForm {
  readonly config: string;
  readonly cfgOptions: readonly string[];
  readonly classes: number;
  readonly steps: number;
}

/** The first steps trace, and prepare kernels. */
const WARM_UP_STEPS = 2;
/** Of the machine's own rates the best one counts, as of the steps. */
const RATE_TURNS = 3;
const LEARNING_RATE = 1e-4;

function noise({ count, height, width, classes }: ProfiledSteps): Batch {
  const random = randomStream(0);
  const indices = Int32Array.from({ length: count }, (_, index) => index);
  return {
    step: 0,
    images: Uint8Array.from({ length: count * height * width * 3 }, () => random.integer(0, 255)),
    height,
    width,
    labels: indices.map((index) => index % classes),
    sampleIds: Array.from(indices, String),
    sampleIndices: indices,
    skippedIds: [],
  };
}

async function main(asked: ProfiledSteps): Promise<void> {
  quietTensorflow();
  const say = (...words: Parameters<typeof marker>): void => void writeSync(1, `${marker(...words)}\n`);
  const settings = modelSettings(loadUserConfig(asked.config, asked.cfgOptions));
  const options = { log: silentLog, clock: systemClock, memoryLimitBytes: memoryLimitBytes() };
  const batch = noise(asked);
  using step = await TrainingStep.open({ settings, seed: 0, ...options });
  for (let done = 0; done < WARM_UP_STEPS + asked.steps; done++) {
    const startMs = systemClock.nowMs();
    for (const _bucket of step.gradients(batch));
    const gradientsMs = systemClock.nowMs() - startMs;
    say("gradients", gradientsMs);
    step.apply({ learningRate: LEARNING_RATE, weightDecay: 0, step: done + 1 });
    say("update", systemClock.nowMs() - startMs - gradientsMs);
    if (done < WARM_UP_STEPS) say("warm-up", 0);
  }
  const engine = await loadEngine();
  for (let turn = 0; turn < RATE_TURNS; turn++) {
    for (const precision of ["float32", "bfloat16"] as const) {
      say(precision, convolutionRate(engine, { precision }, systemClock));
    }
  }
}

try {
  await main(JSON.parse(process.argv[2] ?? "") as ProfiledSteps);
} catch (error) {
  process.send?.({ failed: toPlainError(error) });
  process.exitCode = 1;
}
process.disconnect?.();
