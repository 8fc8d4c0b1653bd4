import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import { untrainedWeights } from "#test/support/untrained.ts";
import { CLASSES, CONFIG } from "./support.ts";

/** Saves a ResNet-18 as it starts, before any training. Returns where. */
export async function saveUntrained(folder: string): Promise<string> {
  const meta = {
    format: 1,
    petageVersion: "0.1.0",
    createTime: "2026-01-01T00:00:00Z",
    configName: "tiny",
    config: CONFIG,
    classes: Array.from({ length: CLASSES }, (_, month) => String(month)),
    progress: { epoch: 1, iteration: 0, step: 10, schedule: null, seed: 0, worldSize: 1, best: null },
    metrics: { "petage/mae_median": 31 },
  } as const;
  const checkpoint = { meta, weights: await untrainedWeights(CONFIG), optimizer: new Map<string, never>() };
  return (await checkpointFolder({ folder, workDir: folder }).save("epoch_1", checkpoint)).uri;
}
