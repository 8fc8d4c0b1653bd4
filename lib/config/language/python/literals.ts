import { PetageError } from "#lib/base/errors.ts";

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    n: "\n",
    t: "\t",
    r: "\r",
    a: "\x07",
    b: "\b",
    f: "\f",
    v: "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "\n": "",
  }),
);
/** What text can stand in without being code. */
export const STRING_OR_COMMENT =
  /'{3}(?:\\[^]|[^\\])*?'{3}|"{3}(?:\\[^]|[^\\])*?"{3}|'(?:\\[^]|[^\\'\n])*'|"(?:\\[^]|[^\\"\n])*"|#.*/;

const ESCAPE = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[0-7]{1,3}|[^])/g;

/** An int or float literal; undefined when the text is not a number in Python (as `012` or `1__0`). */
export function parseNumber(text: string): bigint | number | undefined {
  if (/^0[xob]/i.test(text))
    return /^0[xob](_?[0-9a-f])+$/i.test(text) ? integerOrNothing(text.replaceAll("_", "")) : undefined;
  if (!/^(\d(_?\d)*)?(\.(\d(_?\d)*)?)?(e[+-]?\d(_?\d)*)?$/i.test(text)) return undefined;
  const plain = text.replaceAll("_", "");
  if (!/^\d+$/.test(plain)) return Number(plain);
  return /^0+[1-9]/.test(plain) ? undefined : BigInt(plain);
}

function integerOrNothing(text: string): bigint | undefined {
  try {
    return BigInt(text.toLowerCase());
  } catch {
    return undefined;
  }
}

export interface StringParts {
  readonly raw: boolean;
  readonly bytes: boolean;
  /** Where the content begins and ends within the literal. */
  readonly start: number;
  readonly end: number;
}

/** Splits a string literal into prefix, quotes and content. Undefined when it is not closed. */
export function splitString(literal: string): StringParts | undefined {
  const opening = /^([a-zA-Z]*)('''|"""|'|")/.exec(literal);
  if (!opening) return undefined;
  const [whole, prefix = "", quote = ""] = opening;
  const start = whole.length;
  const end = literal.length - quote.length;
  if (end < start || !literal.endsWith(quote)) return undefined;
  const slashes = /\\*$/.exec(literal.slice(start, end))?.[0].length ?? 0;
  if (slashes % 2 === 1) return undefined;
  return { raw: /r/i.test(prefix), bytes: /b/i.test(prefix), start, end };
}

/** The value of the content of a string literal that is not raw. Unknown escapes stay as they are. */
export function unescape(content: string): string {
  return content.replaceAll(ESCAPE, (whole: string, code: string) => {
    const kind = code.charAt(0);
    if (kind === "N")
      throw new PetageError("CONFIG_UNSUPPORTED", "Characters by name (\\N{...}) are not supported in a config");
    if (/[xuU]/.test(kind) && code.length > 1) return fromCode(Number.parseInt(code.slice(1), 16));
    if (/[0-7]/.test(kind)) return fromCode(Number.parseInt(code, 8));
    return SIMPLE_ESCAPES.get(code) ?? whole;
  });
}

function fromCode(code: number): string {
  if (code > 0x10ffff)
    throw new PetageError("CONFIG_SYNTAX", "A character escape lies beyond the last Unicode character, \\U0010ffff");
  return String.fromCodePoint(code);
}
