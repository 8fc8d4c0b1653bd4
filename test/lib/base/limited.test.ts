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

  it("begins nothing after a failure, and throws it when what was under way has ended", async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    let end = (): void => {};
    const slow = new Promise<void>((resolve) => (end = resolve));
    const mapped = mapLimited([0, 1, 2, 3], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error("item 1");
      await slow;
      ended.push(item);
    });
    let isOver = false;
    const over = assert.rejects(mapped, /item 1/).then(() => (isOver = true));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.deepEqual([begun, isOver], [[0, 1], false]);
    end();
    await over;
    assert.deepEqual([begun, ended], [[0, 1], [0]]);
  });

  it("throws what failed first, not what comes first", async () => {
    const late = Promise.resolve().then(() => Promise.reject(new Error("late")));
    await assert.rejects(
      mapLimited([late, Promise.reject(new Error("early"))], 2, (item) => item),
      /early/,
    );
  });

  it("fails as the first item that fails", async () => {
    const fail = async (item: number): Promise<never> => {
      throw new Error(`item ${item}`);
    };
    await assert.rejects(mapLimited([3, 4], 2, fail), /item 3/);
  });
});
