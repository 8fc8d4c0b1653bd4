import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { PetageError } from "#lib/base/errors.ts";
import type { Caller } from "./caller.ts";
import { isRole, ROLES } from "./roles.ts";

/** A shorter token can be guessed. */
const MIN_TOKEN_CHARACTERS = 20;
/** Tokens in a file: each call compares with all of them. */
const MAX_TOKENS = 1000;
const BEARER = /^Bearer +(\S+)$/i;

/** The tokens that a service knows, by their digests. */
export interface Tokens {
  find(token: string): Caller | undefined;
}

interface Entry {
  readonly digest: Buffer;
  readonly caller: Caller;
}

/** Reads lines `TOKEN ROLE[,ROLE] NAME`; empty ones and those that begin with # count for nothing. */
export function parseTokens(text: string, file: string): Tokens {
  const lines = text.split(/\r?\n/).map((line, index) => ({ words: line.trim().split(/\s+/), number: index + 1 }));
  const entries = lines
    .filter(({ words: [first = ""] }) => first !== "" && !first.startsWith("#"))
    .map(({ words, number }) => entryOf(words, { file, number }));
  if (entries.length > MAX_TOKENS) {
    throw new PetageError("INVALID_ARGUMENT", `${file} has ${entries.length} tokens, expected at most ${MAX_TOKENS}`);
  }
  return { find: (token) => find(entries, digestOf(token)) };
}

/** Its errors quote no token. */
function entryOf(words: readonly string[], { file, number }: { file: string; number: number }): Entry {
  const refuse = (what: string): PetageError =>
    new PetageError("INVALID_ARGUMENT", `${file}, line ${number}: ${what}`, {
      hint: "A line is TOKEN ROLE[,ROLE] NAME; `openssl rand -hex 32` makes a token",
    });
  const [token = "", list = "", name = ""] = words;
  if (words.length !== 3) throw refuse(`Expected 3 words, found ${words.length}`);
  if (token.length < MIN_TOKEN_CHARACTERS) throw refuse(`The token has fewer than ${MIN_TOKEN_CHARACTERS} characters`);
  const roles = list.split(",");
  if (!roles.every(isRole)) throw refuse(`Expected roles out of ${ROLES.join(", ")}`);
  return { digest: digestOf(token), caller: { name, roles: new Set(roles) } };
}

/** Looks at every one, and at all of its bytes: how long that takes tells nothing. */
function find(entries: readonly Entry[], digest: Buffer): Caller | undefined {
  let found: Caller | undefined;
  for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry.caller;
  return found;
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

export function isSameToken(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

/** The token of a `authorization: Bearer TOKEN`. */
export function bearerToken(header: string): string | undefined {
  return BEARER.exec(header)?.[1];
}

/** By which the controller and the workers of a job know each other: nobody can make it of the uid alone. */
export function jobToken(key: string, uid: string): string {
  return createHmac("sha256", key).update(uid).digest("base64url");
}
