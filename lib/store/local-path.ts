import { fileURLToPath } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import { LOCATION_HINT, isElsewhere } from "#lib/model/location.ts";

/** The path that a user means by a path or a file:// URI. @throws INVALID_ARGUMENT for what is neither */
export function localPath(uri: string): string {
  if (isElsewhere(uri)) {
    throw new PetageError("INVALID_ARGUMENT", `${uri} is neither a path nor a file:// URI`, { hint: LOCATION_HINT });
  }
  if (!/^file:/i.test(uri)) return uri;
  try {
    return fileURLToPath(uri);
  } catch (cause) {
    const hint = "Write file:///FOLDER/NAME, with three slashes and %20 for a blank, or a plain path";
    throw new PetageError("INVALID_ARGUMENT", `${uri} is no file:// URI of this machine`, { cause, hint });
  }
}
