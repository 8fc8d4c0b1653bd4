import type { ResolvedConfig } from "#lib/config/value.ts";
import type { TrainingStep } from "#lib/train/step/training-step.ts";
import type { PluginModules } from "#lib/host/plugins.ts";
import { remote } from "./remote.ts";
import type { Remote } from "./remote.ts";

export interface TrainingThreadSetup {
  readonly config: ResolvedConfig;
  readonly seed: number;
  /** 1 unless given. */
  readonly worldSize?: number;
  readonly plugins?: PluginModules;
}

/** The step of one rank in a thread of its own: a `StepEngine`. */
export type TrainingThread = Remote<TrainingStep>;

/** Starts the thread and builds model and optimizer in it. Throws CONFIG_* as the config's builders do. */
export async function openTrainingThread(setup: TrainingThreadSetup): Promise<TrainingThread> {
  const entry = new URL("./training-entry.ts", import.meta.url);
  const thread = remote<TrainingStep>("training", entry, { setup, iterated: ["gradients"] });
  try {
    await thread.engine();
    return thread;
  } catch (error) {
    await thread[Symbol.asyncDispose]();
    throw error;
  }
}
