/** What the fields of a log line may hold: no secret, no image, nothing endless. */

const SECRET_NAME = /pass(word|wd)?$|secret|token$|authorization|credential|cookie|api_?key|private_?key/i;
/** nats://user:password@host */
const URL_SECRET = /([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi;
/** Longest text of one field. */
const MAX_TEXT_CHARACTERS = 8192;
/** Most items or keys of one field, and how deep it may nest. */
const MAX_ENTRIES = 64;
const MAX_DEPTH = 4;

/** The fields as they may be written. */
export function safeFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, safeField(name, value, 0)]));
}

/** A text as it may be written: passwords in addresses are hidden. */
export function safeText(text: string): string {
  const cut = text.length <= MAX_TEXT_CHARACTERS ? text : `${text.slice(0, MAX_TEXT_CHARACTERS)}…`;
  return cut.replace(URL_SECRET, "$1[hidden]@");
}

function safeField(name: string, value: unknown, depth: number): unknown {
  if (SECRET_NAME.test(name)) return "[hidden]";
  if (typeof value === "string") return safeText(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return safeText(value.stack ?? value.message);
  if (value instanceof Date) return value.toISOString();
  if (depth >= MAX_DEPTH) return "[…]";
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((item) => safeField("", item, depth + 1));
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(entries.map(([key, item]) => [key, safeField(key, item, depth + 1)]));
}
