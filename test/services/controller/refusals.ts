import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";

/** What a client asks for, besides the config. */
export interface Wish {
  readonly name?: string;
  readonly workers?: number;
  readonly cfgOptions?: string[];
}

/** Requests that are refused before anything is started, wherever jobs run. */
export const REFUSALS: readonly {
  readonly what: string;
  readonly wish: Wish;
  readonly code: ErrorCode;
  readonly says: RegExp;
}[] = [
  { what: "too many workers", wish: { workers: 5000 }, code: "INVALID_ARGUMENT", says: /5000.*1024|1 to 1024/ },
  { what: "a negative number of workers", wish: { workers: -1 }, code: "INVALID_ARGUMENT", says: /-1/ },
  { what: "a bad name", wish: { name: "My_Job" }, code: "INVALID_ARGUMENT", says: /"My_Job".*a-z/ },
  {
    what: "a bad option",
    wish: { cfgOptions: ["model.backbone.depth=19"] },
    code: "CONFIG_INVALID_VALUE",
    says: /model\.backbone\.depth/,
  },
];

/** The request fails with a code and words that help. */
export async function assertRefused(request: Promise<unknown>, code: ErrorCode, says: RegExp): Promise<void> {
  await assert.rejects(request, (error) => {
    assert.ok(error instanceof PetageError);
    assert.equal(error.code, code, error.message);
    assert.match(error.describe(), says);
    return true;
  });
}
