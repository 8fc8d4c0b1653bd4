import type { PluginModules } from "#lib/host/plugins.ts";
import { remote } from "./remote.ts";
import type { Remote } from "./remote.ts";
import type { ReplaceablePredictor } from "./predictor-entry.ts";

export interface PredictorThreadSetup {
  readonly plugins?: PluginModules;
}

/** A model in a thread of its own. */
export type PredictorThread = Remote<ReplaceablePredictor>;

export function openPredictorThread(setup: PredictorThreadSetup = {}): PredictorThread {
  return remote<ReplaceablePredictor>("predictor", new URL("./predictor-entry.ts", import.meta.url), { setup });
}
