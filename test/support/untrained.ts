import { join } from "node:path";
import type { ConfigDict } from "#lib/config/value.ts";
import { createClassifier } from "#lib/nn/classifier.ts";
import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import type { StateDict } from "#lib/model/checkpoint.ts";
import { EagerRunner } from "#lib/engine/eager-runner.ts";
import { ModelState } from "#lib/model/model-state.ts";
import { initialise } from "#lib/train/step/program.ts";
import { useTensorFlow } from "./tensorflow.ts";
import { resolved } from "./tiny-model.ts";

/** The weights of a config's model as it starts, before any training. */
export async function untrainedWeights(config: ConfigDict): Promise<StateDict> {
  await useTensorFlow();
  const { parameters } = createClassifier(resolved(config));
  using runner = new EagerRunner();
  const state = new ModelState(parameters, { slotNames: [] }, runner.variables);
  initialise(state.store, parameters, { seed: 0, slotNames: [] });
  return state.exportWeights();
}

/** Writes a checkpoint of a config's model as it starts, before any training; tells its folder. */
export async function saveUntrained(folder: string, config: ConfigDict, name = "epoch_1"): Promise<string> {
  const weights = await untrainedWeights(config);
  const { numClasses } = createClassifier(resolved(config)).head;
  const meta = {
    format: 1,
    petageVersion: "0.1.0",
    createTime: "2026-01-01T00:00:00Z",
    configName: "tiny",
    config,
    classes: Array.from({ length: numClasses }, (_, month) => String(month)),
    progress: { epoch: 1, iteration: 0, step: 10, schedule: null, seed: 0, worldSize: 1, best: null },
    metrics: {},
  } as const;
  const slot = { dtype: "F32", shape: [1], values: new Float32Array(1) } as const;
  const optimizer = new Map([["slot/parameter", slot]]); // it looks like one that can be resumed
  await checkpointFolder({ folder, workDir: folder }).save(name, { meta, weights, optimizer });
  return join(folder, name);
}
