import { PetageError } from "#lib/base/errors.ts";

/** A command line whose parts do not go together: it ends as one with a misspelt option does. */
export class UsageError extends PetageError {
  constructor(message: string) {
    super("INVALID_ARGUMENT", message, { hint: "--help shows examples" });
  }
}
