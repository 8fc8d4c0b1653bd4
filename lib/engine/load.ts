import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { NativeBackend } from "#lib/engine/native/backend.ts";
import { nativeOps } from "#lib/engine/native/ops.ts";
import { bringOps } from "./ops.ts";

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

export interface EngineOptions {
  /** Whether gradients are needed (they are, unless this says no): of the fallbacks only plain JavaScript has them. */
  readonly gradients?: boolean;
  readonly log?: Log;
}

let loaded: Promise<Engine> | undefined;

/**
 * Loads the fastest backend that works here: the TensorFlow library, else WebAssembly (forward only), else plain
 * JavaScript. Says in one line when it had to fall back. Loading happens once per thread. Either way all of tfjs comes
 * with it, and with that the gradients of the ops; who only checks a config needs no more than `tfjs-core`.
 */
export function loadEngine(options: EngineOptions = {}): Promise<Engine> {
  loaded ??= load(options);
  return loaded;
}

async function load({ gradients = true, log }: EngineOptions): Promise<Engine> {
  try {
    return await loadTensorflow();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    const engine = await loadFallback(gradients ? ["cpu"] : ["wasm", "cpu"]);
    const message = `TensorFlow's library cannot be loaded; computing with tfjs (${engine.backend}), many times slower`;
    log?.warn(message, { reason, next: "npm run setup" });
    return engine;
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
  const backend = tf.backend() as unknown as NativeBackend;
  bringOps(backend, nativeOps(backend));
  return {
    backend: "tensorflow",
    version: backend.binding.TF_Version ?? native.version["tfjs-node"],
    device: backend.isUsingGpuDevice ? "gpu" : "cpu",
  };
}

async function loadFallback(candidates: readonly ("wasm" | "cpu")[]): Promise<Engine> {
  const { version } = await import("@tensorflow/tfjs");
  for (const backend of candidates) {
    if (backend === "wasm") await import("@tensorflow/tfjs-backend-wasm");
    if (await tf.setBackend(backend)) return { backend, version: version.tfjs, device: "cpu" };
  }
  throw new PetageError("TENSORFLOW_UNAVAILABLE", `None of the backends ${candidates.join(", ")} can be used here`, {
    hint: "Run `npm run setup`",
  });
}

/** tfjs-node 4.22 calls two `util` functions that Node 23 removed; the fix was merged upstream but never released. */
function restoreRemovedNodeFunctions(): void {
  const target = util as unknown as Record<string, unknown>;
  target["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  target["isArray"] ??= Array.isArray;
}
