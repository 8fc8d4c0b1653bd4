import assert from "node:assert/strict";
import { whyOf } from "#lib/k8s/errors.ts";

describe("whyOf()", () => {
  it("has words also where no address of several answers", () => {
    const refused = ["connect ECONNREFUSED ::1:6443", "connect ECONNREFUSED 127.0.0.1:6443"];
    const none = new AggregateError(refused.map((message) => new Error(message)));
    assert.equal(whyOf(none), refused.join("; "));
  });

  for (const [what, cause] of [
    ["an error", new Error("socket hang up")],
    ["anything else", "socket hang up"],
  ] as const) {
    it(`of ${what} is what it says`, () => assert.equal(whyOf(cause), "socket hang up"));
  }
});
