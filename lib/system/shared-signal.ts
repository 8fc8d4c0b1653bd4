import { setMaxListeners } from "node:events";

/** A signal that any number of works listen to while they go on: Node would take the eleventh for a leak, and say so. */
export function sharedSignal(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}
