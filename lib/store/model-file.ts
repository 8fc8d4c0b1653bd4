import { basename } from "node:path";
import type { NamedConfig } from "#lib/config/print/serialize.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { inferenceSettings } from "#lib/model/settings.ts";
import { systemClock } from "#lib/system/clock.ts";
import { bareFile, readCheckpoint, WEIGHTS_ENDING } from "./checkpoint-folder.ts";
import { readWeightsFile } from "./weights.ts";

export interface ModelOfFile extends NamedConfig {
  readonly petageVersion: string;
}

/** A checkpoint to answer with: one of ours, or anybody's weights, of which a config says whose they are. */
export async function readModel(uri: string, model: ModelOfFile): Promise<Checkpoint> {
  const path = await bareFile(uri);
  return path === undefined ? await readCheckpoint(uri) : await readBareModel(path, model);
}

/** A file of weights as a checkpoint that cannot be resumed. Throws NOT_FOUND, CHECKPOINT_INVALID or CONFIG_*. */
export async function readBareModel(path: string, { name, config, petageVersion }: ModelOfFile): Promise<Checkpoint> {
  const weights = await readWeightsFile(path);
  const { numClasses } = inferenceSettings(config).model.head;
  return {
    meta: {
      format: 1,
      petageVersion,
      createTime: systemClock.date().toISOString(),
      configName: name,
      config: config.value,
      classes: Array.from({ length: numClasses }, (_, index) => String(index)),
      progress: { epoch: 0, iteration: 0, step: 0, schedule: null, seed: 0, worldSize: 1, best: null },
      metrics: {},
    },
    weights,
    optimizer: new Map(),
  };
}

/** `resnet18` of `models/resnet18.pth.tar`: what a model is called that has no other name. */
export function nameOfFile(path: string): string {
  return basename(path).replace(WEIGHTS_ENDING, "") || "model";
}
