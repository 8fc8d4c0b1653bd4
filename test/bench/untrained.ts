import type { LoadedConfig } from "#lib/config/language/load.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { findNamedConfig } from "#lib/host/files/named-configs.ts";
import { openTrainingThread } from "#lib/host/thread/training.ts";
import { VERSION } from "#lib/host/version.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";

const CONFIG = "resnet101_8xb32_petage";
/** Settings that make the model of the tutorial, ResNet-101, a small one. */
export const RESNET_18: readonly string[] = ["model.backbone.depth=18", "model.head.in_channels=512"];

export function tutorialConfig(options: readonly string[]): LoadedConfig {
  return loadConfig(findNamedConfig(CONFIG), { files: nodeConfigFiles, options });
}

/** The tutorial's model as it starts: an answer takes the same time whatever the weights are. */
export async function untrained(options: readonly string[]): Promise<Checkpoint> {
  const config = tutorialConfig(options);
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
  return { meta, ...tensors };
}

export async function saveUntrained(folder: string, options: readonly string[]): Promise<string> {
  const saved = await checkpointFolder({ folder, workDir: folder }).save("untrained", await untrained(options));
  return saved.uri;
}
