import { PetageError } from "#lib/base/errors.ts";
import { nearestPosition } from "#lib/config/value.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { requireFit, requireOptimizer } from "#lib/train/resume.ts";
import { requireWorkLeft } from "#lib/train/start.ts";
import { readCheckpoint } from "./checkpoint-folder.ts";
import { findResumable } from "./find-resumable.ts";
import { checkWeights } from "./weights.ts";

export interface ResumePoint {
  /** The checkpoint to continue. */
  readonly path: string | undefined;
  /** What was passed over, or that there was nothing. */
  readonly warnings: readonly string[];
}

export interface ResumeContext {
  readonly workDir: string;
  readonly maxEpochs: number;
  /** What is to go on, where it is known: its model and optimizer must be the checkpoint's. */
  readonly config?: ResolvedConfig;
}

/**
 * `checkpoint.resume`: Auto takes the newest sound checkpoint of the work dir, Never none, anything else is a path. Reads
 * all of it, so that nothing is started in vain.
 */
export async function resumePoint(wanted: string, context: ResumeContext): Promise<ResumePoint> {
  const { workDir } = context;
  if (wanted === "Never") return { path: undefined, warnings: [] };
  if (wanted !== "Auto") {
    requireResumable(await readCheckpoint(wanted, { withOptimizer: true }), wanted, context);
    return { path: wanted, warnings: [] };
  }
  const found = await findResumable(workDir);
  if (!found) {
    return { path: undefined, warnings: [`There is nothing to resume below ${workDir}: training starts anew`] };
  }
  requireResumable(found.checkpoint, found.path, context);
  return { path: found.path, warnings: found.skipped.map((line) => `Passed over a checkpoint: ${line}`) };
}

function requireResumable(checkpoint: Checkpoint, source: string, { maxEpochs, config }: ResumeContext): void {
  requireOptimizer(checkpoint, source);
  requireWorkLeft(checkpoint.meta.progress, maxEpochs, source);
  if (config) requireFit(checkpoint, config, source);
}

export interface StartingWeights {
  /** `spec.load_from`; wins over `load_from` of the config. */
  readonly loadFrom: string | undefined;
  /** `init_cfg` of the backbone. */
  readonly pretrained: string | undefined;
}

/** Refuses weights to start from that are not there, before anything runs, and says where they were named. */
export async function checkStartingWeights(
  config: ResolvedConfig,
  { loadFrom, pretrained }: StartingWeights,
): Promise<void> {
  if (loadFrom) await check(loadFrom, { config, path: config.value["load_from"] === loadFrom ? "load_from" : "" });
  if (pretrained) {
    const advice = "Or start from random weights with --cfg-options model.backbone.init_cfg=None";
    await check(pretrained, { config, path: "model.backbone.init_cfg.checkpoint", advice });
  }
}

interface Origin {
  readonly config: ResolvedConfig;
  /** Key of the config that names the weights; empty for none. */
  readonly path: string;
  readonly advice?: string;
}

async function check(uri: string, { config, path, advice }: Origin): Promise<void> {
  try {
    await checkWeights(uri);
  } catch (thrown) {
    const error = PetageError.from(thrown);
    const hint = [error.hint, advice].filter((part) => part !== undefined).join(". ") || undefined;
    throw error.retold({ position: nearestPosition(config.positions, path), hint });
  }
}
