import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { ArchiveIndex, archivesIn, isClosedArchive } from "#lib/data/archives/archive.ts";
import { inMemory, readLater, readNow } from "#lib/data/archives/reading.ts";
import { zipOf, type ZipEntry } from "#test/support/zip.ts";

const FIXTURES = new URL("../../../fixtures/archives/", import.meta.url);
const LONG = "long-".repeat(30);
/** What lies in the archives of the fixtures; the older formats of tar hold the first ones only. */
const FILES: readonly (readonly [path: string, content: string])[] = [
  ["train.txt", "a.jpg\t3\n"],
  ["train/a.jpg", "one"],
  ["train/A*b!!0&c d.jpg", "two"],
  ["train/J\u00fcrgen/b.jpg", "three"],
  ["train/zeros.bmp", "\0".repeat(20_000)],
  [`train/${LONG}/${LONG}.jpg`, "four"],
];

function open(bytes: Uint8Array, path = "photos.zip"): ArchiveIndex {
  return readNow(ArchiveIndex.read(path, bytes.length), inMemory(bytes));
}

function read(index: ArchiveIndex, bytes: Uint8Array, path: string): string | undefined {
  const member = index.find(path);
  return member && Buffer.from(readNow(index.readMember(member), inMemory(bytes))).toString();
}

/** The offset of the bytes of a text. */
function at(bytes: Buffer, text: string): number {
  const found = bytes.indexOf(text, 0, "latin1");
  assert.ok(found >= 0, text);
  return found;
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

describe("an archive", () => {
  const whole = ["infozip.zip", "infozip64.zip", "streamed.zip", "python.zip", "gnu.tar", "pax.tar"];
  for (const [name, files] of [
    ...whole.map((one) => [one, FILES] as const),
    ["ustar.tar", FILES.slice(0, 5)] as const,
    ["v7.tar", FILES.slice(0, 2)] as const,
  ]) {
    it(`as ${name} has it is read file by file`, async () => {
      const bytes = readFileSync(new URL(name, FIXTURES));
      const index = open(bytes, name);
      for (const [path, content] of files) assert.equal(read(index, bytes, path), content, path);
      const listed = index.list("train")?.files.toSorted();
      assert.ok(listed?.includes("a.jpg") && !listed.includes("b.jpg"), String(listed));
      assert.equal(index.find("train"), undefined);
      assert.equal(index.find("train/gone.jpg"), undefined);
      assert.equal(index.list("gone"), undefined);
      const waited = await readLater(ArchiveIndex.read(name, bytes.length), async (span) => inMemory(bytes)(span));
      assert.deepEqual(waited.list("train"), index.list("train"));
    });
  }

  it("of whatever files gives each of them back", () => {
    const name = fc.stringMatching(/^[a-z\u00fc*!&]{1,4}(\/[a-z ]{1,3}x){0,2}$/);
    const entry = fc.record({ name, content: fc.uint8Array({ maxLength: 300 }), deflate: fc.boolean() });
    const entries = fc.uniqueArray(entry, { selector: ({ name: path }) => path, maxLength: 20 });
    fc.assert(
      fc.property(entries, (all: readonly ZipEntry[]) => {
        const bytes = zipOf(all);
        const index = open(bytes);
        for (const { name: path, content } of all) {
          assert.equal(read(index, bytes, path), Buffer.from(content).toString(), path);
        }
      }),
    );
  });

  it("may name its files from the folder it lies in, or with the bars of Windows", () => {
    const bytes = zipOf([
      { name: "./a/b.jpg", content: Buffer.from("1") },
      { name: "c\\d.jpg", content: Buffer.from("2") },
      { name: "empty/", content: Buffer.alloc(0) },
    ]);
    const index = open(bytes);
    assert.deepEqual(index.list(""), { files: [], folders: ["a", "c", "empty"] });
    assert.deepEqual([read(index, bytes, "a/b.jpg"), read(index, bytes, "c/d.jpg")], ["1", "2"]);
    assert.deepEqual(index.list("empty"), { files: [], folders: [] });
  });

  for (const name of ["../a.jpg", "/etc/passwd", "a/../../b", "C:\\a.jpg", "a/..", "..\\a.jpg", "a\0.jpg"]) {
    it(`is refused for the name ${JSON.stringify(name)}, which leads out of it`, () => {
      assert.throws(() => open(zipOf([{ name, content: Buffer.from("x") }])), {
        code: "DATASET_INVALID",
        message: /photos\.zip: the name .* leads out of it/,
      });
    });
  }

  const zip = readFileSync(new URL("python.zip", FIXTURES));
  const tar = readFileSync(new URL("pax.tar", FIXTURES));
  const directory = (bytes: Buffer): number => at(bytes, "PK\x05\x06");
  const first = (bytes: Buffer): number => at(bytes, "PK\x01\x02");
  const bad: readonly (readonly [string, string, Buffer, RegExp])[] = [
    ["a photo", "a.zip", Buffer.from("no archive at all"), /cut off: the archive has no directory/],
    ["a zip that lacks its end", "a.zip", zip.subarray(0, -40), /cut off/],
    ["a zip of no bytes", "a.zip", Buffer.alloc(0), /cut off/],
    [
      "a zip of more entries than it has",
      "a.zip",
      changed(zip, (b) => b.writeUInt16LE(60_000, directory(b) + 10)),
      /directory is damaged/,
    ],
    [
      "a zip whose directory is elsewhere",
      "a.zip",
      changed(zip, (b) => b.writeUInt32LE(1, directory(b) + 16)),
      /directory is damaged/,
    ],
    [
      "a zip with a directory of 4 GB",
      "a.zip",
      changed(zip, (b) => b.writeUInt32LE(4e9, directory(b) + 12)),
      /the limit is 268435456/,
    ],
    [
      "a zip with two entries of one name",
      "a.zip",
      zipOf([
        { name: "a", content: Buffer.from("1") },
        { name: "a", content: Buffer.from("2") },
      ]),
      /two entries of one name: "a"/,
    ],
    ["a tar that lacks its end", "a.tar", tar.subarray(0, 3000), /cut off/],
    ["a tar with a damaged header", "a.tar", changed(tar, (b) => b.writeUInt8(255, 20)), /damaged at byte 0/],
    ["a photo named tar", "a.tar", Buffer.alloc(2000, 7), /damaged at byte 0/],
    ["a tar of no bytes", "a.tar", Buffer.alloc(0), /has no end/],
  ];
  for (const [what, path, bytes, message] of bad) {
    it(`is refused where it is ${what}`, () => {
      assert.throws(() => open(bytes, path), { code: "DATASET_INVALID", message, hint: /unpack it/ });
    });
  }

  const entry = { name: "a.jpg", content: Buffer.alloc(5000, 1), deflate: true };
  for (const [what, bytes, message] of [
    [
      "that unfolds to more than its directory says",
      zipOf([{ ...entry, statedBytes: 100 }]),
      /does not inflate to the 100 bytes/,
    ],
    ["that unfolds to less", zipOf([{ ...entry, statedBytes: 6000 }]), /another size/],
    ["that is encrypted", changed(zipOf([entry]), (b) => b.writeUInt16LE(1, first(b) + 8)), /encrypted/],
    ["of another method", changed(zipOf([entry]), (b) => b.writeUInt16LE(14, first(b) + 10)), /method 14/],
    [
      "that lies elsewhere",
      changed(zipOf([entry]), (b) => b.writeUInt32LE(7, first(b) + 42)),
      /not where its directory says/,
    ],
    ["beyond the end", changed(zipOf([entry]), (b) => b.writeUInt32LE(1e9, first(b) + 20)), /cut off/],
  ] as const) {
    it(`refuses a file ${what}`, () => {
      assert.throws(() => read(open(bytes), bytes, "a.jpg"), { code: "DATASET_INVALID", message });
    });
  }

  it("that is damaged anywhere is read or refused, and nothing else", () => {
    for (const [path, whole_] of [
      ["a.zip", zip],
      ["a.tar", tar],
    ] as const) {
      const damages = fc.array(fc.tuple(fc.nat(whole_.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(damages, fc.integer({ min: 1, max: whole_.length }), (changes, length) => {
          const bytes = changed(whole_.subarray(0, length), (b) => {
            for (const [place, value] of changes) if (place < length) b[place] = value;
          });
          try {
            const index = open(bytes, path);
            for (const [name] of FILES) read(index, bytes, name);
          } catch (error) {
            assert.equal((error as { readonly code?: string }).code, "DATASET_INVALID", String(error));
          }
        }),
        { numRuns: 300 },
      );
    }
  });
});

describe("the path of a file in an archive", () => {
  for (const [path, expected] of [
    ["/data/photos.zip", [["/data/photos.zip", ""]]],
    ["/data/photos.zip/train/a.jpg", [["/data/photos.zip", "train/a.jpg"]]],
    ["/data/A.TAR/a.jpg", [["/data/A.TAR", "a.jpg"]]],
    [
      "/a.zip/b.tar/c.jpg",
      [
        ["/a.zip", "b.tar/c.jpg"],
        ["/a.zip/b.tar", "c.jpg"],
      ],
    ],
    ["/data/a.zipped/b.jpg", []],
    ["/data/a.jpg", []],
  ] as const) {
    it(`is told: ${path}`, () => {
      assert.deepEqual(
        archivesIn(path).map(({ archive, inside }) => [archive, inside]),
        expected,
      );
    });
  }

  it("leads into none that must be unpacked as a whole", () => {
    for (const path of ["a.tar.gz", "a.tgz", "a.7z", "a.rar", "a.TAR.XZ"]) assert.ok(isClosedArchive(path), path);
    for (const path of ["a.tar", "a.zip", "photos"]) assert.ok(!isClosedArchive(path), path);
  });
});
