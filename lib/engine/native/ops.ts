import type { Ops } from "#lib/engine/ops.ts";
import { runEagerly } from "./backend.ts";
import type { NativeBackend } from "./backend.ts";
import { normalizeNatively } from "./batch-norm.ts";
import { uploadNatively } from "./images.ts";

/** As single ops of the TensorFlow library, run eagerly. */
export function nativeOps(backend: NativeBackend): Ops {
  const run = runEagerly(backend);
  return {
    normalizeBatch: (input, scale, offset, epsilon) => normalizeNatively(run, [input, scale, offset], epsilon),
    at: (_place, body) => body(),
    uploadImages: (pixels, shape) => uploadNatively(backend, pixels, [...shape]),
  };
}
