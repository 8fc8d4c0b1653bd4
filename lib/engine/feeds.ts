import { PetageError } from "#lib/base/errors.ts";
import { sizeOfShape } from "./op.ts";
import type { Feeds } from "./program.ts";

/** INVALID_ARGUMENT unless each feed has as many values as its shape says: TensorFlow would read beyond them. */
export function checkFeeds(feeds: Feeds): void {
  for (const [name, { shape, values }] of Object.entries(feeds)) {
    const count = sizeOfShape(shape);
    if (values.length === count) continue;
    throw new PetageError(
      "INVALID_ARGUMENT",
      `${name} [${shape.join(", ")}] is ${count} values, and ${values.length} were given`,
    );
  }
}
