import assert from "node:assert/strict";
import { Turns } from "#lib/base/turns.ts";

describe("Turns", () => {
  it("lets in one at a time, in the order in which they came, also after one that failed", async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const visit = async (name: string): Promise<void> => {
      using _turn = await turns.next();
      seen.push(`${name} in`);
      await Promise.resolve();
      seen.push(`${name} out`);
      if (name === "b") throw new Error("b failed");
    };
    await Promise.allSettled(["a", "b", "c"].map(visit));
    assert.deepEqual(seen, ["a in", "a out", "b in", "b out", "c in", "c out"]);
  });
});
