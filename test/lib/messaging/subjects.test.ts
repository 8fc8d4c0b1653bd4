import assert from "node:assert/strict";

import { addressSubject, ringSubjects } from "#lib/messaging/subjects.ts";

describe("ringSubjects", () => {
  it("names the job, the generation and the rank", () => {
    const subjects = ringSubjects("cats-1", 4);
    assert.equal(subjects.data(2), "petage.cats-1.ring.4.2");
    assert.equal(subjects.credit(2), "petage.cats-1.ring.4.credit.2");
    assert.equal(subjects.control, "petage.cats-1.ring.4.control");
  });

  for (const job of ["", "a.b", "a b", "*", ">", "job\r\n", "x".repeat(129)]) {
    it(`refuses ${JSON.stringify(job.slice(0, 20))} as a job name`, () => {
      assert.throws(() => ringSubjects(job, 0), { code: "INVALID_ARGUMENT", hint: /letters, digits/ });
    });
  }

  for (const generation of [-1, 1.5, NaN, 2 ** 32]) {
    it(`refuses generation ${generation}`, () => {
      assert.throws(() => ringSubjects("job", generation), { code: "INVALID_ARGUMENT" });
    });
  }
});

describe("addressSubject", () => {
  it("names the job, the attempt and the role", () => {
    assert.equal(addressSubject("cats-1", 4, "data-loader"), "petage.cats-1.4.address.data-loader");
  });

  it("refuses what cannot be part of a subject", () => {
    assert.throws(() => addressSubject("a.b", 0, "evaluator"), { code: "INVALID_ARGUMENT" });
    assert.throws(() => addressSubject("a", -1, "evaluator"), { code: "INVALID_ARGUMENT" });
  });
});
