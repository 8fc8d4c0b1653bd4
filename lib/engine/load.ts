import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import { PetageError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";

/** What the process computes on. */
export interface Engine {
  readonly backend: "tensorflow" | "wasm" | "cpu";
  /** Version of the TensorFlow library, or of tfjs for the fallbacks. */
  readonly version: string;
  readonly device: "gpu" | "cpu";
}

interface NativeModule {
  readonly version: { readonly "tfjs-node": string };
}

let loaded: Promise<Engine> | undefined;

/**
 * Loads the fastest backend that works here: the TensorFlow library, else WebAssembly (inference), else plain
 * JavaScript. Says in one line when it had to fall back. Loading happens once per thread.
 */
export function loadEngine(log?: Log): Promise<Engine> {
  loaded ??= load(log);
  return loaded;
}

async function load(log?: Log): Promise<Engine> {
  try {
    return await loadTensorflow();
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    log?.warn("TensorFlow's library cannot be loaded; computing in plain JavaScript, many times slower", {
      reason,
      next: "npm run setup",
    });
    return await loadFallback();
  }
}

async function loadTensorflow(): Promise<Engine> {
  restoreRemovedNodeFunctions();
  const native = (await import("@tensorflow/tfjs-node-gpu")) as unknown as NativeModule;
  await tf.ready();
  if (tf.getBackend() !== "tensorflow") {
    throw new PetageError("TENSORFLOW_UNAVAILABLE", `tfjs chose the backend ${tf.getBackend()}`);
  }
  tf.tidy(() => tf.add(1, 1).dataSync()); // a thread that ends without having run an op crashes the process
  const backend = tf.backend() as unknown as { binding: { TF_Version?: string }; isUsingGpuDevice: boolean };
  return {
    backend: "tensorflow",
    version: backend.binding.TF_Version ?? native.version["tfjs-node"],
    device: backend.isUsingGpuDevice ? "gpu" : "cpu",
  };
}

/** Training needs gradients of convolutions, which tfjs's WebAssembly backend lacks, so the fallback is "cpu". */
async function loadFallback(): Promise<Engine> {
  await tf.setBackend("cpu");
  await tf.ready();
  return { backend: "cpu", version: tf.version.tfjs, device: "cpu" };
}

/** tfjs-node 4.22 calls two `util` functions that Node 23 removed; the fix was merged upstream but never released. */
function restoreRemovedNodeFunctions(): void {
  const target = util as unknown as Record<string, unknown>;
  target["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  target["isArray"] ??= Array.isArray;
}
