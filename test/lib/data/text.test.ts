import assert from "node:assert/strict";
import { decodeText } from "#lib/data/text.ts";

const TEXT = "J\u00fcrgen.jpg 3\r\n\u{1f415}.jpg 4\r\n";
const bigEndian = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le").swap16();

describe("decodeText()", () => {
  for (const [name, bytes] of [
    ["UTF-8", Buffer.from(TEXT)],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${TEXT}`)],
    ["UTF-16 as PowerShell writes it", Buffer.from(`\ufeff${TEXT}`, "utf16le")],
    ["UTF-16 of the other byte order", bigEndian(TEXT)],
  ] as const) {
    it(`reads ${name}`, () => assert.equal(decodeText(bytes, "list.txt", "DATASET_INVALID"), TEXT));
  }

  for (const [name, bytes, line, says] of [
    ["bytes of another encoding", Buffer.from("a.jpg 1\nJ\u00fcrgen.jpg 3\n", "latin1"), 2, /not UTF-8/],
    ["UTF-16 without a mark", Buffer.from("a.jpg 1\n", "utf16le"), 1, /a NUL byte/],
    ["a photo", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 10, 0]), 2, /a NUL byte/],
    ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), 1, /a NUL character/],
    ["half a character of UTF-16", Buffer.from([0xff, 0xfe, 0x41]), 1, /half a character/],
    ["a character cut at the end", Buffer.from("a.jpg 1\nb\u00fc").subarray(0, -1), 2, /not UTF-8/],
  ] as const) {
    it(`refuses ${name}, with the line`, () => {
      assert.throws(() => decodeText(bytes, "list.txt", "DATASET_INVALID"), {
        code: "DATASET_INVALID",
        message: says,
        hint: "Save it as UTF-8",
        position: { file: "list.txt", line, column: 1 },
      });
    });
  }
});
