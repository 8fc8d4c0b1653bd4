import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { findNamedConfig } from "#lib/host/files/named-configs.ts";
import { openTrainingThread } from "#lib/host/thread/training.ts";
import { VERSION } from "#lib/host/version.ts";
import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import { startInference } from "../../cli/commands/predict.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { percentile } from "./benchmark.ts";
import { drawPhotos } from "./photos.ts";
import { inScratchFolder } from "./scratch.ts";

const CONFIG = "resnet101_8xb32_petage";
const RESNET_18 = ["model.backbone.depth=18", "model.head.in_channels=512"];

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
  await using inference = await startInference({ checkpoint: await saveUntrained(folder) });
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

/** A checkpoint of ResNet-18 as it starts: an answer takes the same time whatever the weights are. */
async function saveUntrained(folder: string): Promise<string> {
  const config = loadConfig(findNamedConfig(CONFIG), { files: nodeConfigFiles, options: RESNET_18 });
  await using thread = await openTrainingThread({ config, seed: 0 });
  const tensors = await thread.exportTensors({ withOptimizer: false });
  const meta = {
    format: 1,
    petageVersion: VERSION,
    createTime: new Date().toISOString(),
    configName: CONFIG,
    config: config.value,
    classes: Array.from({ length: 192 }, (_, month) => String(month)),
    progress: { epoch: 0, iteration: 0, step: 0, schedule: null, seed: 0, worldSize: 1, best: null },
    metrics: {},
  } as const;
  const saved = await checkpointFolder({ folder, workDir: folder }).save("untrained", { meta, ...tensors });
  return saved.uri;
}
