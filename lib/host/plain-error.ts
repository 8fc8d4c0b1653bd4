import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode, PetageErrorOptions } from "#lib/base/errors.ts";

/** What of an error crosses to another thread or process. */
export interface PlainError extends Pick<PetageErrorOptions, "hint" | "position"> {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack?: string | undefined;
}

export function toPlainError(thrown: unknown): PlainError {
  const { code, message, hint, position, stack } = PetageError.from(thrown);
  return { code, message, stack, ...(hint !== undefined && { hint }), ...(position && { position }) };
}

export function fromPlainError({ code, message, stack, ...options }: PlainError): PetageError {
  return new PetageError(code, message, { ...options, cause: stack });
}
