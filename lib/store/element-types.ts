/** How the values of a type lie in a file, little-endian. */
export interface ElementType {
  readonly bytes: number;
  /** Becomes I64 in memory; all others become F32. */
  readonly integer?: true;
  read(view: DataView, at: number): number | bigint;
}

/** By safetensors' names of the types. */
export const ELEMENT_TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ["F32", { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  ["F64", { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
  ["F16", { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) }],
  ["BF16", { bytes: 2, read: (view, at) => bfloatToNumber(view.getUint16(at, true)) }],
  ["I64", { bytes: 8, integer: true, read: (view, at) => view.getBigInt64(at, true) }],
  ["I32", { bytes: 4, integer: true, read: (view, at) => BigInt(view.getInt32(at, true)) }],
  ["I16", { bytes: 2, integer: true, read: (view, at) => BigInt(view.getInt16(at, true)) }],
  ["I8", { bytes: 1, integer: true, read: (view, at) => BigInt(view.getInt8(at)) }],
  ["U8", { bytes: 1, integer: true, read: (view, at) => BigInt(view.getUint8(at)) }],
  ["BOOL", { bytes: 1, integer: true, read: (view, at) => BigInt(view.getUint8(at)) }],
]);

export const FLOAT32 = ELEMENT_TYPES.get("F32");

/** For messages about any other type. */
export const KNOWN_TYPES = [...ELEMENT_TYPES.keys()].join(", ");

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

function bfloatToNumber(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
