import assert from "node:assert/strict";
import fc from "fast-check";

import { decodeFrame, encodeFrame, HEADER_BYTES } from "#lib/messaging/codec.ts";
import type { FrameHeader } from "#lib/messaging/codec.ts";

const header: FrameHeader = {
  kind: "reduce",
  generation: 7,
  sender: 3,
  step: 70_000,
  bucket: 5,
  hop: 2,
  chunk: 9,
  position: 3_000_000_000,
};
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const headers: fc.Arbitrary<FrameHeader> = fc.record({
  kind: fc.constantFrom("reduce", "broadcast", "gather", "hello", "credit", "alive", "leaving", "failed", "resend"),
  generation: u32,
  sender: u16,
  step: u32,
  bucket: u16,
  hop: u16,
  chunk: u32,
  position: fc.maxSafeNat(),
});

describe("frame codec", () => {
  it("gives back what was put in, on any alignment", () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 100 }), fc.nat(7), (fields, payload, shift) => {
        const frame = encodeFrame(fields, payload);
        const shifted = new Uint8Array(frame.length + shift).subarray(shift);
        shifted.set(frame);
        const { payload: decoded, ...rest } = decodeFrame(shifted);
        assert.deepEqual(rest, { ...fields });
        assert.deepEqual(new Uint8Array(decoded), payload);
      }),
    );
  });

  it("has the documented layout", () => {
    const frame = Buffer.from(encodeFrame(header, Uint8Array.of(0xaa, 0xbb)));
    assert.equal(frame.length, HEADER_BYTES + 2);
    assert.equal(frame.subarray(0, 28).toString("hex"), "50470200070000007011010005000200090000000200000003000000");
    assert.equal(frame.subarray(28, 36).toString("hex"), "000000c00b5ae641");
    assert.equal(frame.subarray(40).toString("hex"), "aabb");
  });

  it("copies the payload, so that the sender may change it", () => {
    const payload = new Uint8Array(new SharedArrayBuffer(4)).fill(1);
    const frame = encodeFrame(header, payload);
    payload.fill(2);
    assert.deepEqual([...decodeFrame(frame).payload], [1, 1, 1, 1]);
  });

  it("refuses a frame in which any one bit was flipped", () => {
    const frame = encodeFrame(
      header,
      Uint8Array.from({ length: 16 }, (_, i) => i),
    );
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const damaged = Uint8Array.from(frame);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.throws(() => decodeFrame(damaged), { code: "RING_PROTOCOL" }, `bit ${bit}`);
    }
  });

  const stumps: [string, (frame: Uint8Array) => Uint8Array][] = [
    ["nothing", () => new Uint8Array(0)],
    ["a part of a header", (frame) => frame.subarray(0, 20)],
    ["a frame cut short", (frame) => frame.subarray(0, -1)],
    ["a frame with more behind it", (frame) => Buffer.concat([frame, Buffer.from("x")])],
    ["text", () => Buffer.from("this is no frame of the ring at all, is it")],
  ];
  for (const [what, make] of stumps) {
    it(`refuses ${what}`, () => {
      const bytes = make(encodeFrame(header, new Uint8Array(8)));
      assert.throws(() => decodeFrame(bytes), { code: "RING_PROTOCOL", hint: /same version/ });
    });
  }
});
