import { PetageError } from "#lib/base/errors.ts";
import type { Size } from "./geometry.ts";

/** An image whose header is read and whose pixels are not. */
export interface PlainImage extends Size {
  /** BGR, [H, W, 3]. @throws PetageError IMAGE_UNDECODABLE */
  read(): Uint8Array;
}

/** @param what names the format and what is wrong with it. */
export function undecodable(what: string): PetageError {
  return new PetageError("IMAGE_UNDECODABLE", `Cannot decode an image: ${what}`);
}
