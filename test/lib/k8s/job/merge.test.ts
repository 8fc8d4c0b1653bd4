import assert from "node:assert/strict";
import { mergeTemplate } from "#lib/k8s/job/merge.ts";

type Json = Record<string, unknown>;

describe("mergeTemplate", () => {
  const cases: readonly (readonly [what: string, base: Json, patch: Json, merged: Json])[] = [
    [
      "adds what is not there, known to us or not",
      { a: 1 },
      { futureField: { x: [1] } },
      { a: 1, futureField: { x: [1] } },
    ],
    ["replaces a plain value", { priority: 1 }, { priority: 5 }, { priority: 5 }],
    ["merges maps by key", { m: { a: 1, b: 2 } }, { m: { b: 3 } }, { m: { a: 1, b: 3 } }],
    [
      "merges containers by name",
      { containers: [{ name: "trainer", image: "a", env: [{ name: "X", value: "1" }] }] },
      {
        containers: [
          {
            name: "trainer",
            env: [
              { name: "X", value: "2" },
              { name: "Y", value: "3" },
            ],
          },
          { name: "side" },
        ],
      },
      {
        containers: [
          {
            name: "trainer",
            image: "a",
            env: [
              { name: "X", value: "2" },
              { name: "Y", value: "3" },
            ],
          },
          { name: "side" },
        ],
      },
    ],
    [
      "merges mounts by their path, though their volumes have names",
      { volumeMounts: [{ mountPath: "/tmp", subPath: "a" }] },
      { volumeMounts: [{ mountPath: "/tmp", readOnly: true }] },
      { volumeMounts: [{ mountPath: "/tmp", subPath: "a", readOnly: true }] },
    ],
    [
      "appends lists of things without a name",
      { tolerations: [{ key: "a", operator: "Exists" }] },
      { tolerations: [{ operator: "Exists" }] },
      { tolerations: [{ key: "a", operator: "Exists" }, { operator: "Exists" }] },
    ],
    ["replaces lists of plain values", { command: ["node", "a"] }, { command: ["sh"] }, { command: ["sh"] }],
  ];
  for (const [what, base, patch, merged] of cases) {
    it(what, () => {
      const before = structuredClone(base);
      assert.deepEqual(mergeTemplate(base, patch), merged);
      assert.deepEqual(base, before, "the base stays as it was");
    });
  }
});
