import assert from "node:assert/strict";
import { KubeError, whyOf } from "#lib/k8s/errors.ts";

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

describe("what the API server refuses", () => {
  const forbidden = 'pods "a-0-0" is forbidden: ';
  for (const [message, hint] of [
    [`${forbidden}User "petage" cannot create resource "pods" in API group "" in the namespace "pets"`, /role lacks/],
    [`${forbidden}exceeded quota: gpus, requested: nvidia.com/gpu=1, used: 8, limited: 8`, /resourcequota/],
    [`${forbidden}no PriorityClass with name urgent was found`, undefined],
    [`${forbidden}violates PodSecurity "restricted:latest": hostNetwork`, undefined],
  ] as const) {
    it(`${hint ? "has a hint" : "speaks for itself"}: ${message}`, () => {
      const found = new KubeError("POST /pods", { status: 403, reason: "Forbidden", message }).hint;
      if (hint) assert.match(found ?? "", hint);
      else assert.equal(found, undefined);
    });
  }
});
