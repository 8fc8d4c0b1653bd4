import { fileURLToPath } from "node:url";
import { loadSync } from "@grpc/proto-loader";
import { defined } from "#lib/base/assert.ts";
import { PROTOS } from "#lib/rpc/protos.ts";

/** A message as `requestSerialize` takes it. */
export type Message = Readonly<Record<string, unknown>>;

/** What of a field's descriptor is needed here. */
interface Field {
  readonly name: string;
  readonly type: string;
  readonly typeName: string;
  readonly label: string;
}

interface Descriptor {
  readonly field: readonly Field[];
}

const LONG = "x".repeat(200_000);
const TEXTS = [
  "",
  LONG,
  "\0",
  "../../etc/passwd",
  "/dev/zero",
  "file://%zz",
  "{{$HOME:}}",
  "__proto__",
  "\u202e\ud83d",
  "%s%n",
];
const INTEGERS = [-1, 1, 2 ** 31 - 1, -(2 ** 31)];
const LONGS = [-1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
const FRACTIONS = [Number.NaN, Infinity, -Infinity, -1, 1e308, -0];
const BYTES = [Buffer.alloc(0), Buffer.alloc(200_000, 0xff), Buffer.from("\x89PNG\r\n\x1a\n")];
/** Entries of a list or map that nobody needs so many of. */
const MANY = 20_000;

const SCALARS: Readonly<Record<string, readonly unknown[]>> = {
  TYPE_STRING: TEXTS,
  TYPE_BYTES: BYTES,
  TYPE_BOOL: [true],
  TYPE_ENUM: [1, 99, -1],
  TYPE_INT32: INTEGERS,
  TYPE_UINT32: [1, 2 ** 32 - 1],
  TYPE_INT64: LONGS,
  TYPE_UINT64: [Number.MAX_SAFE_INTEGER],
  TYPE_DOUBLE: FRACTIONS,
  TYPE_FLOAT: FRACTIONS,
};

const includeDirs = [fileURLToPath(new URL("../../proto", import.meta.url))];
const definitions = loadSync(
  Object.values(PROTOS).map((name) => `petage/v1/${name}.proto`),
  { includeDirs },
);

function descriptor(name: string): Descriptor | undefined {
  const names = ["", "petage.v1.", "google.protobuf."].map((scope) => scope + name);
  const found = names.map((each) => definitions[each]).find((each) => each !== undefined);
  return (found as { readonly type?: Descriptor } | undefined)?.type;
}

/**
 * Messages of a type that no caller in good faith sends: an empty one, and for each field below it, with the others as in
 * `base`, values at and beyond every border that its kind has.
 * @param name `petage.v1.GetDatasetRequest`
 */
export function hostileMessages(name: string, base: Message): Message[] {
  return [{}, base, ...variants(name, base)];
}

function variants(name: string, base: Message): Message[] {
  return defined(descriptor(name), `the message ${name}`).field.flatMap((field) => {
    const key = camelCase(field.name);
    return valuesOf(field, base[key]).map((value) => ({ ...base, [key]: value }));
  });
}

function valuesOf({ type, typeName, label }: Field, base: unknown): unknown[] {
  const isList = label === "LABEL_REPEATED";
  if (type !== "TYPE_MESSAGE") {
    const values = defined(SCALARS[type], `values of ${type}`);
    return isList ? [values, Array.from({ length: MANY }, (_, index) => values[index % 2])] : [...values];
  }
  if (!descriptor(typeName)) return mapsOf(typeName.endsWith("etrics") ? FRACTIONS : TEXTS); // of its entries there is none
  const inner = [{}, ...variants(typeName, (isList ? {} : (base ?? {})) as Message)];
  return isList ? [inner.slice(0, 50), Array.from({ length: MANY }, () => ({}))] : inner;
}

function mapsOf(values: readonly unknown[]): unknown[] {
  const odd = ["", "constructor", LONG].map((key) => ({ [key]: values[0] }));
  const many = Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`key-${index}`, values[0]]));
  return [...odd, ...values.map((value) => ({ key: value })), many];
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
