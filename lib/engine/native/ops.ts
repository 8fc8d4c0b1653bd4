import type { Ops } from "#lib/engine/ops.ts";
import type { NativeBackend } from "./backend.ts";
import { normalizeNatively } from "./batch-norm.ts";
import { uploadNatively } from "./images.ts";

/** As single ops of the TensorFlow library, run eagerly. */
export function nativeOps(backend: NativeBackend): Ops {
  return {
    normalizeBatch: (input, scale, offset, epsilon) => normalizeNatively(backend, [input, scale, offset], epsilon),
    uploadImages: (pixels, shape) => uploadNatively(backend, pixels, [...shape]),
  };
}
