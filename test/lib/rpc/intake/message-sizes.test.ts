import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageSizes } from "#lib/rpc/intake/message-sizes.ts";
import { prefixOf } from "#test/support/raw-connection.ts";

/** What messages a stream has, however it is cut. */
function follow(chunks: readonly Buffer[]): { lengths: number[]; bytes: number; ended: number; isAmid: boolean } {
  const sizes = new MessageSizes();
  const parts = chunks.flatMap((chunk) => sizes.read(chunk));
  return {
    lengths: parts.flatMap(({ begins }) => begins?.lengthBytes ?? []),
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    ended: parts.filter(({ isLast }) => isLast).length,
    isAmid: sizes.isAmidMessage,
  };
}

describe("the sizes of messages", () => {
  it("are the same wherever the stream is cut", () => {
    const lengths = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lengths, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (messages, cuts) => {
        const all = Buffer.concat(messages.map((length) => Buffer.concat([prefixOf(length), Buffer.alloc(length, 9)])));
        const chunks: Buffer[] = [];
        for (let at = 0, cut = 0; at < all.length; cut++)
          chunks.push(all.subarray(at, (at += cuts[cut % cuts.length] ?? 1)));
        const bytes = messages.reduce((sum, length) => sum + length, 0);
        assert.deepEqual(follow(chunks), { lengths: messages, bytes, ended: messages.length, isAmid: false });
      }),
    );
  });

  it("are known as soon as the prefix is there, and whether the message is compressed", () => {
    const sizes = new MessageSizes();
    const prefix = prefixOf(1_000_000);
    prefix[0] = 1;
    assert.deepEqual(sizes.read(prefix.subarray(0, 4)), []);
    assert.equal(sizes.isAmidMessage, true);
    assert.deepEqual(sizes.read(prefix.subarray(4)), [
      { begins: { lengthBytes: 1_000_000, isCompressed: true }, bytes: 0, isLast: false },
    ]);
  });
});
