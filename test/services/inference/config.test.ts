import assert from "node:assert/strict";
import { readEnvironment } from "#lib/host/environment.ts";
import { Environment } from "#services/inference/config.ts";

const EITHER = /PETAGE_MODEL: Set either PETAGE_CHECKPOINT, or PETAGE_MODEL_STORE and PETAGE_MODEL/;

describe("the environment of inference", () => {
  it("names a checkpoint, or a model in a store; empty variables count as missing", () => {
    const served = (variables: NodeJS.ProcessEnv) => readEnvironment(Environment, variables).served;
    assert.deepEqual(served({ PETAGE_CHECKPOINT: "run/epoch_1", PETAGE_MODEL: "" }), {
      kind: "checkpoint",
      uri: "run/epoch_1",
    });
    assert.deepEqual(served({ PETAGE_CHECKPOINT: "", PETAGE_MODEL_STORE: "models", PETAGE_MODEL: "pet-age" }), {
      kind: "store",
      folder: "models/pet-age",
      name: "pet-age",
      pollMs: 2000,
    });
  });

  it("says how long what was accepted may take at the end, ten seconds if nobody says", () => {
    const drain = (PETAGE_DRAIN_SECONDS: string) =>
      readEnvironment(Environment, { PETAGE_CHECKPOINT: "x", PETAGE_DRAIN_SECONDS }).drainGraceMs;
    assert.deepEqual([drain(""), drain("53")], [10_000, 53_000]);
  });

  const wrong: readonly { what: string; variables: NodeJS.ProcessEnv; says: RegExp }[] = [
    { what: "nothing", variables: {}, says: EITHER },
    { what: "a model without a store", variables: { PETAGE_MODEL: "pet-age" }, says: EITHER },
    { what: "a store without a model", variables: { PETAGE_MODEL_STORE: "models" }, says: EITHER },
    {
      what: "a checkpoint and a store",
      variables: { PETAGE_CHECKPOINT: "x", PETAGE_MODEL_STORE: "y", PETAGE_MODEL: "z" },
      says: EITHER,
    },
    {
      what: "a path as a name",
      variables: { PETAGE_MODEL_STORE: "y", PETAGE_MODEL: "../z" },
      says: /"\.\.\/z" is no name of a model: expected lower-case letters, digits and -/,
    },
    {
      what: "a poll without a pause",
      variables: { PETAGE_MODEL_STORE: "y", PETAGE_MODEL: "z", PETAGE_MODEL_POLL_MS: "0" },
      says: /PETAGE_MODEL_POLL_MS/,
    },
  ];
  for (const { what, variables, says } of wrong) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => readEnvironment(Environment, variables), { code: "INVALID_ARGUMENT", message: says });
    });
  }
});
