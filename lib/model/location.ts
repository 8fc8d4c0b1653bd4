import { fileURLToPath } from "node:url";
import { PetageError } from "#lib/base/errors.ts";

/** What weights may be named by: there is no client of a store of objects here. */
export const LOCATION_HINT =
  "Weights are read from a path or a file:// URI: download them first, or mount what holds them";

/** Whether a name of weights leads somewhere else than into the file system: `s3://bucket/x`, `https://host/x.pth`. */
export function isElsewhere(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) && !isFileUri(uri);
}

/** The path that a user means by a path or a `file://` URI. @throws INVALID_ARGUMENT for what is neither */
export function localPath(place: string): string {
  if (isElsewhere(place)) {
    throw new PetageError("INVALID_ARGUMENT", `${place} is neither a path nor a file:// URI`, { hint: LOCATION_HINT });
  }
  if (!isFileUri(place)) return place;
  try {
    return fileURLToPath(place);
  } catch (cause) {
    const hint = "It looks like file:///folder/of/a/checkpoint, with %20 for a blank";
    throw new PetageError("INVALID_ARGUMENT", `${place} is no URI of a file of this machine`, { cause, hint });
  }
}

function isFileUri(place: string): boolean {
  return /^file:\/\//i.test(place);
}
