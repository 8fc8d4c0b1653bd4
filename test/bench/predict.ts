import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { startInference } from "../../cli/commands/predict.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { percentile } from "./benchmark.ts";
import { drawPhotos } from "./photos.ts";
import { inScratchFolder } from "./scratch.ts";
import { RESNET_18, saveUntrained } from "./untrained.ts";

const SIZES = {
  full: { photos: 10, warmUp: 20, requests: 300 },
  tiny: { photos: 10, warmUp: 1, requests: 5 },
} as const;

/** Times as the caller sees them, one request after the other. */
export const predict: Benchmark = {
  about: "inference service: p50 and p99 of Predict, ResNet-18, one caller (no peer)",
  run: (context) =>
    inScratchFolder(async function* (folder): AsyncGenerator<Measurement> {
      context.say("no peer of Predict: nothing comparable answers over gRPC without a set-up of its own");
      const times = await timePredicts(folder, context);
      for (const [name, share] of [
        ["p50", 0.5],
        ["p99", 0.99],
      ] as const) {
        yield { case: `Predict ${name}, ResNet-18, 500x375 JPEG`, value: percentile(times, share), unit: "ms" };
      }
    }),
};

async function timePredicts(folder: string, { size, say }: BenchContext): Promise<number[]> {
  const { photos, warmUp, requests } = SIZES[size];
  const files = await drawPhotos(join(folder, "pets"), { count: photos, repeats: 1 });
  const images = await Promise.all(files.map((file) => readFile(file)));
  await using inference = await startInference({ checkpoint: await saveUntrained(folder, RESNET_18) });
  say(`Predict: ${requests} requests`);
  const times: number[] = [];
  for (let index = 0; index < warmUp + requests; index++) {
    const image = defined(images[index % images.length], "a photo");
    const started = performance.now();
    await inference.client.predict({ image });
    if (index >= warmUp) times.push(performance.now() - started);
  }
  return times;
}
