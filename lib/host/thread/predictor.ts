import { remote } from "./remote.ts";
import type { Remote } from "./remote.ts";
import type { ReplaceablePredictor } from "./predictor-entry.ts";

/** A model in a thread of its own. */
export type PredictorThread = Remote<ReplaceablePredictor>;

export function openPredictorThread(): PredictorThread {
  return remote<ReplaceablePredictor>("predictor", new URL("./predictor-entry.ts", import.meta.url));
}
