import { decodeImage } from "#lib/data/decode.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";

/** What the process of `Decoder` is asked, and what it answers. */
export interface Question {
  readonly bytes: Uint8Array;
  readonly limits: ImageLimits;
}

export type Outcome =
  | { readonly kind: "image"; readonly width: number; readonly height: number; readonly pixels: Uint8Array }
  /** A coded error, or one of petage's own faults. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** Decodes what its parent sends, one after the other: a crash or a hang is that of this process alone. */
process.on("message", (question: Question) => {
  void outcomeOf(question).then((outcome) => process.send?.(outcome));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function outcomeOf({ bytes, limits }: Question): Promise<Outcome> {
  try {
    const { data, width, height } = await decodeImage(bytes, limits);
    return { kind: "image", width, height, pixels: data };
  } catch (error) {
    const { code, message } = PetageError.from(error);
    return { kind: "refused", code, message };
  }
}
