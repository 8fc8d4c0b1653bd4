import assert from "node:assert/strict";
import fc from "fast-check";
import { mergePatch } from "#lib/k8s/merge-patch.ts";

/** RFC 7386, section 2, as it is written there. */
function apply(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isMap = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isMap ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = apply(result[key], value);
  }
  return result;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)); // no objects without a prototype

describe("mergePatch", () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 2 }));
  const key = fc.constantFrom("a", "b", "c");
  const { map } = fc.letrec<{ map: object }>((tie) => ({
    map: fc.dictionary(key, fc.oneof({ depthSize: "small" }, leaf, tie("map"))) as fc.Arbitrary<object>,
  }));

  it("leads from any value to any other, and is undefined between equals", () => {
    fc.assert(
      fc.property(map, map, (from, to) => {
        const patch = mergePatch(from, to);
        assert.deepEqual(plain(apply(from, patch ?? {})), plain(to));
        assert.equal(mergePatch(to, to), undefined);
      }),
    );
  });

  it("names only what changes", () => {
    const from = { phase: "Running", workers: { ready: 1, desired: 2 }, progress: { step: 3 } };
    const to = { phase: "Running", workers: { ready: 2, desired: 2 } };
    assert.deepEqual(mergePatch(from, to), { workers: { ready: 2 }, progress: null });
  });

  it("finds lists equal whose objects name their keys in another order", () => {
    const ours = { conditions: [{ type: "Running", status: "True" }] };
    const theirs = { conditions: [{ status: "True", type: "Running" }] };
    assert.equal(mergePatch(theirs, ours), undefined);
  });
});
