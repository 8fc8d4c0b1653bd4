import assert from "node:assert/strict";
import { withArena } from "#lib/data/simd/arena.ts";

const MAX_MEMORY_BYTES = 2 ** 32; // of WebAssembly

describe("withArena()", () => {
  it("gives each block an address of its own, with room behind it that kernels may write to", () => {
    const [one, other] = withArena((arena) => [arena.allocate(33), arena.allocate(1)] as const) ?? [0, 0];
    assert.ok(other >= one + 33 + 15, `${one}, ${other}`);
  });

  it("gives nothing where there is not so much memory, and is of use again", () => {
    const before = withArena((arena) => arena.allocate(1));
    assert.equal(
      withArena((arena) => arena.allocate(MAX_MEMORY_BYTES)),
      undefined,
    );
    assert.equal(
      withArena((arena) => arena.allocate(1)),
      before,
    );
  });

  it("hides no other failure", () =>
    assert.throws(
      () =>
        withArena(() => {
          throw new RangeError("of the body");
        }),
      /of the body/,
    ));
});
