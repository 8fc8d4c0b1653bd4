import assert from "node:assert/strict";
import fc from "fast-check";
import { PetageError } from "#lib/base/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "#lib/store/safetensors.ts";
import type { StateDict, TensorData } from "#lib/model/checkpoint.ts";

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const product = (sizes: readonly number[]): number => sizes.reduce((count, size) => count * size, 1);

const tensor: fc.Arbitrary<TensorData> = fc.oneof(
  shape.chain((sizes) =>
    fc
      .array(fc.float(), { minLength: product(sizes), maxLength: product(sizes) })
      .map((values): TensorData => ({ dtype: "F32", shape: sizes, values: Float32Array.from(values) })),
  ),
  shape.chain((sizes) =>
    fc
      .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), {
        minLength: product(sizes),
        maxLength: product(sizes),
      })
      .map((values): TensorData => ({ dtype: "I64", shape: sizes, values: BigInt64Array.from(values) })),
  ),
);
const name = fc
  .oneof({ weight: 9, arbitrary: fc.string({ minLength: 1, maxLength: 30 }) }, fc.constant("__proto__"))
  .filter((text) => text !== "__metadata__");
const stateDict: fc.Arbitrary<StateDict> = fc
  .array(fc.tuple(name, tensor), { maxLength: 6 })
  .map((rows) => new Map(rows));

function bytesOf(state: StateDict): Buffer {
  return Buffer.concat(encodeSafetensors(state, { format: "pt" }));
}

/** The file of a header and as many bytes of tensors. */
function fileOf(header: unknown, bodyBytes: number): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(bodyBytes)]);
}

/** Decodes, or fails with nothing but CHECKPOINT_INVALID that names the file. */
function decodesOrRefuses(bytes: Uint8Array): void {
  try {
    decodeSafetensors(bytes, "some.safetensors");
  } catch (error) {
    if (!(error instanceof PetageError)) throw error;
    assert.equal(error.code, "CHECKPOINT_INVALID");
    assert.match(error.message, /^some\.safetensors is damaged: /);
  }
}

describe("safetensors", () => {
  it("gives back what was written, to the bit", () => {
    fc.assert(
      fc.property(stateDict, (state) => {
        const decoded = decodeSafetensors(bytesOf(state), "a");
        assert.deepEqual([...decoded.keys()].toSorted(), [...state.keys()].toSorted());
        for (const [key, { dtype, shape: sizes, values }] of state) {
          const found = decoded.get(key);
          assert.deepEqual([found?.dtype, found?.shape], [dtype, sizes]);
          assert.deepEqual(Buffer.from(found?.values.buffer as ArrayBuffer), Buffer.from(values.buffer));
        }
      }),
    );
  });

  it("begins its tensors at a multiple of 8, as the format asks", () => {
    fc.assert(fc.property(stateDict, (state) => assert.equal(Number(bytesOf(state).readBigUInt64LE()) % 8, 0)));
  });

  it("reads a file from anywhere in a larger buffer", () => {
    const state: StateDict = new Map([["w", { dtype: "F32", shape: [2], values: Float32Array.of(1, 2) }]]);
    const bytes = bytesOf(state);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    assert.deepEqual(decodeSafetensors(shifted.subarray(3), "a").get("w")?.values, Float32Array.of(1, 2));
  });

  const good = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const bad: readonly { readonly what: string; readonly bytes: Buffer; readonly says: RegExp }[] = [
    { what: "an empty file", bytes: Buffer.alloc(0), says: /0 bytes/ },
    { what: "a header longer than the file", bytes: fileOf({}, 0).fill(0xff, 0, 8), says: /header claims/ },
    { what: "a header that is not JSON", bytes: fileOf("{", 0), says: /not JSON/ },
    { what: "a header that is a number", bytes: fileOf("7", 0), says: /not JSON/ },
    {
      what: "an entry without offsets",
      bytes: fileOf({ w: { ...good, data_offsets: undefined } }, 8),
      says: /entry w/,
    },
    { what: "one offset", bytes: fileOf({ w: { ...good, data_offsets: [0] } }, 8), says: /w/ },
    {
      what: "an unknown type",
      bytes: fileOf({ w: { ...good, dtype: "F8_E5M2" } }, 8),
      says: /F8_E5M2, .* F32, F64, F16/,
    },
    {
      what: "a type that objects have",
      bytes: fileOf({ w: { ...good, dtype: "constructor" } }, 8),
      says: /constructor/,
    },
    { what: "a body that ends early", bytes: fileOf({ w: good }, 7), says: /offsets 0\.\.8 in 7 bytes/ },
    { what: "a shape of more values", bytes: fileOf({ w: { ...good, shape: [3] } }, 8), says: /for 3 values/ },
    { what: "a shape of infinitely many", bytes: fileOf({ w: { ...good, shape: [1e308, 1e308, 0] } }, 8), says: /w/ },
    { what: "a negative offset", bytes: fileOf({ w: { ...good, data_offsets: [-8, 0] } }, 8), says: /-8/ },
  ];
  for (const { what, bytes, says } of bad) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => decodeSafetensors(bytes, "a"),
        (error) => error instanceof PetageError && error.code === "CHECKPOINT_INVALID" && says.test(error.message),
      );
    });
  }

  it("never fails otherwise than CHECKPOINT_INVALID when bytes are changed, cut or appended", () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(stateDict, fc.array(change, { maxLength: 5 }), fc.nat(), (state, changes, cut) => {
        const bytes = bytesOf(state);
        for (const { at, value } of changes) bytes[at % bytes.length] = value;
        decodesOrRefuses(bytes);
        decodesOrRefuses(bytes.subarray(0, cut % (bytes.length + 1)));
        decodesOrRefuses(Buffer.concat([bytes, bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it("never fails otherwise than CHECKPOINT_INVALID whatever the header says", () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(0, -1, 8, 2 ** 53, 1e308));
    const entry = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom("F32", "I64"), odd),
        shape: fc.oneof(fc.array(odd), odd),
        data_offsets: fc.oneof(fc.tuple(odd, odd), odd),
      },
      { requiredKeys: [] },
    );
    const header = fc.oneof(
      fc.dictionary(fc.constantFrom("w", "__metadata__", "__proto__"), fc.oneof(entry, odd)),
      odd,
    );
    fc.assert(
      fc.property(header, fc.nat(32), (value, bodyBytes) => decodesOrRefuses(fileOf(value, bodyBytes))),
      { numRuns: 1000 },
    );
  });
});
