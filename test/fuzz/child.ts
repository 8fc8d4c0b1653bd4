import { decodeImage, openImage } from "#lib/data/decode.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { openedImage } from "#lib/data/opened-image.ts";
import { carryOut, type Operation } from "#lib/data/raster.ts";
import type { Image } from "#lib/data/types.ts";

/** What the process of `Decoder` is asked, and what it answers. */
export interface Question {
  readonly bytes: Uint8Array;
  readonly limits: ImageLimits;
}

export type Outcome =
  | {
      readonly kind: "image";
      readonly width: number;
      readonly height: number;
      readonly pixels: Uint8Array;
      /** Whether a part, taken of the file without the rest, is that part of the image. */
      readonly isEqualInPart: boolean;
    }
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
    const image = await decodeImage(bytes, limits);
    const { data, width, height } = image;
    return { kind: "image", width, height, pixels: data, isEqualInPart: await isEqualInPart(image, { bytes, limits }) };
  } catch (error) {
    const { code, message } = PetageError.from(error);
    return { kind: "refused", code, message };
  }
}

/** As a training pipeline takes a part of a photo: cropped, resized and mirrored, perhaps in one pass with decoding. */
async function isEqualInPart(whole: Image, { bytes, limits }: Question): Promise<boolean> {
  const [width, height] = [Math.ceil(whole.width / 2), Math.ceil(whole.height / 2)];
  const box = { left: Math.floor(whole.width / 3), top: Math.floor(whole.height / 4), width, height };
  const operations: Operation[] = [
    { kind: "crop", box },
    { kind: "resize", size: { width: 24, height: 16 }, method: { backend: "cv2", interpolation: "bilinear" } },
    { kind: "flip", direction: "horizontal" },
  ];
  const [part, expected] = [
    await carryOut(operations, await openImage(bytes, limits)),
    await carryOut(operations, openedImage(whole)),
  ];
  return Buffer.from(part.data).equals(Buffer.from(expected.data));
}
