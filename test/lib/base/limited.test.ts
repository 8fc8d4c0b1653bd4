import assert from "node:assert/strict";
import fc from "fast-check";
import { mapLimited } from "#lib/base/limited.ts";

describe("mapLimited", () => {
  it("keeps the order of the items, whatever ends first, and the limit", async () => {
    const cases = fc.record({ items: fc.array(fc.nat(5)), limit: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(cases, async ({ items, limit }) => {
        let [underWay, most] = [0, 0];
        const results = await mapLimited(items, limit, async (turns, index) => {
          most = Math.max(most, ++underWay);
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          underWay--;
          return `${index}: ${turns}`;
        });
        assert.deepEqual(
          results,
          items.map((turns, index) => `${index}: ${turns}`),
        );
        assert.ok(most <= limit);
      }),
    );
  });

  it("fails as the first item that fails", async () => {
    const fail = async (item: number): Promise<never> => {
      throw new Error(`item ${item}`);
    };
    await assert.rejects(mapLimited([3, 4], 2, fail), /item 3/);
  });
});
