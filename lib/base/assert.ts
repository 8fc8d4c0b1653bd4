import { PetageError } from "./errors.ts";

/** Holds an invariant of ours; a failure is a bug in petage, not in the user's input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new PetageError("INTERNAL", `Assertion failed: ${message}`);
}

/** The value, which an asserted bound has already made certain. */
export function defined<T>(value: T | undefined | null, what: string): T {
  assert(value !== undefined && value !== null, `${what} is missing`);
  return value;
}
