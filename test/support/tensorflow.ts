import { loadEngine } from "#lib/engine/load.ts";

/** Loads TensorFlow (once per process) and quiets its start-up lines. Call it in a `before` hook. */
export async function useTensorFlow(): Promise<void> {
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  await loadEngine();
}
