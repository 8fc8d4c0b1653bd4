import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { PetageError } from "#lib/base/errors.ts";
import { valuesOf } from "#lib/store/stored-tensor.ts";
import { checkWeights, openWeights, readWeights } from "#lib/store/weights.ts";
import { zipOf } from "#test/support/zip.ts";
import type { ZipEntry } from "#test/support/zip.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/checkpoints/", import.meta.url));
const read = (name: string): Buffer => readFileSync(join(FIXTURES, name));

const WEIGHT = [0, 0.25, 0.5, 0.75, 1, 1.25];
const BIAS = [0.5, -1.25];

/** Every way in which `make.py` writes the same two tensors. */
const SOUND = [
  "f16.safetensors",
  "bf16.safetensors",
  "f64.safetensors",
  "protocol4.pth",
  "protocol5.pth",
  "protocol4-legacy.pth",
  "parameters.pth",
  "attributes.pth",
  "model.pth",
  "model-state-dict.pth.tar",
  "state-dict-ema.ckpt",
  "nested.bin",
];

function refusal(bytes: Uint8Array, source = "some.pth"): string {
  try {
    openWeights(bytes, source);
  } catch (error) {
    if (!(error instanceof PetageError)) throw error;
    assert.equal(error.code, "CHECKPOINT_INVALID", error.message);
    assert.ok(error.message.startsWith(source), error.message);
    assert.doesNotMatch(error.describe(), /\n/);
    return error.describe();
  }
  return assert.fail("it was taken");
}

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  assert.equal(from.length, to.length);
  const at = bytes.indexOf(from, 0, "latin1");
  assert.ok(at >= 0, "there is nothing to replace");
  const changed = Buffer.from(bytes);
  changed.write(to, at, "latin1");
  return changed;
}

describe("weights of others", () => {
  for (const name of SOUND) {
    it(`are read from ${name}: float32, by plain names, none left out`, async () => {
      const tensors = await readWeights(join(FIXTURES, name));
      const rows = [...tensors].toSorted(([one], [other]) => one.localeCompare(other));
      assert.deepEqual(
        rows.map(([key, { dtype, shape, values }]) => [key, dtype, shape, [...values]]),
        [
          ["fc.bias", "F32", [2], BIAS],
          ["fc.weight", "F32", [2, 3], WEIGHT],
        ],
      );
    });
  }

  it("may be expanded: one value for all", () => {
    const weight = openWeights(read("expanded.pth"), "expanded.pth").get("fc.weight");
    assert.ok(weight);
    assert.deepEqual([...valuesOf(weight).values], [2, 2, 2, 2, 2, 2]);
  });

  describe("in a folder", () => {
    let folder = "";
    before(async () => void (folder = await mkdtemp(join(tmpdir(), "petage-weights-"))));
    after(() => rm(folder, { recursive: true }));

    for (const name of ["model.safetensors", "weights", "page.pth", "checkpoint.pth.tar"]) {
      it(`are found in a file called ${name}`, async () => {
        const path = join(folder, name);
        await copyFile(join(FIXTURES, "f16.safetensors"), path);
        await checkWeights(path);
        assert.deepEqual([...(await readWeights(path)).keys()].toSorted(), ["fc.bias", "fc.weight"]);
      });
    }

    it("are refused before anything starts, as they would be afterwards", async () => {
      const path = join(folder, "cut.safetensors");
      await writeFile(path, read("f64.safetensors").subarray(0, -1));
      const refused = { code: "CHECKPOINT_INVALID", message: /cut\.safetensors is damaged: fc\.weight/ };
      await assert.rejects(checkWeights(path), refused);
      await assert.rejects(readWeights(path), refused);
    });

    it("are not there in a folder without a checkpoint, and in no file", async () => {
      await mkdir(join(folder, "empty"));
      await assert.rejects(readWeights(join(folder, "empty")), { code: "NOT_FOUND", message: /no checkpoint\.json/ });
      for (const name of ["absent.bin", "absent.pth.tar", "absent/model.safetensors"]) {
        await assert.rejects(checkWeights(join(folder, name)), { code: "NOT_FOUND" }, name);
      }
    });
  });

  const foreign: readonly [string, string | Buffer, RegExp][] = [
    ["nothing", "", /is empty.*download it again/],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", /LFS.*git lfs pull/],
    ["a web page", "\n<!DOCTYPE html><title>Not found</title>", /is a web page.*download failed/],
    ["a page of XML", '<?xml version="1.0"?><Error/>', /is a web page/],
    ["a file that is not filled yet", Buffer.alloc(4096), /is a file of zeros.*not complete/],
    ["a message", '{"error": "Access denied"}', /is a text, not a checkpoint/],
    ["an index", '{"metadata": {}, "weight_map": {"a": "b"}}', /is a list of weights in several files/],
    ["gzip", Buffer.from("1f8b0800", "hex"), /is a compressed file.*Unpack/],
    ["a tar archive", tarOf("model.pth"), /is a tar archive.*Unpack/],
    ["PyTorch's oldest format", tarOf("sys_info"), /written by PyTorch before 0\.2.*save it again/],
    ["HDF5", "\x89HDF\r\n", /HDF5/],
    ["a photo", Buffer.from("ffd8ffe0", "hex"), /an image/],
    ["noise", Buffer.from("0102030405", "hex"), /is no checkpoint, expected safetensors or a file of torch\.save/],
    ["another program's pickle", Buffer.from("80024b012e", "hex"), /another program's pickle/],
    ["a whole model", read("whole-model.pth"), /whole model \(torch\.nn\..*Sequential\).*state_dict\(\)/],
    ["a whole model below a name", read("wrapped-whole-model.pth"), /whole model \(__main__\.Net\)/],
    ["TorchScript", read("torchscript.pt"), /TorchScript/],
    ["tensors below an unknown name", read("other-key.pth"), /It has epoch, generator; 2 tensors below generator/],
    ["a sparse tensor", read("sparse.pth"), /fc\.weight is made by .*_rebuild_sparse_tensor.*dense/],
    ["half a download", read("model.pth").subarray(0, 1000), /cut off.*[Dd]ownload/],
  ];
  for (const [what, content, says] of foreign) {
    it(`are not in ${what}, which is called by its name`, () => {
      assert.match(refusal(Buffer.from(content as string, "latin1")), says);
    });
  }

  // In the pickle of model.pth: K is a number of one byte, \x86 a pair; the weight is (offset 0, (2, 3), (3, 1)).
  const ranges: readonly [string, string, string, RegExp][] = [
    [
      "an offset beyond the storage",
      "K\x00K\x02K\x03\x86",
      "K\x01K\x02K\x03\x86",
      /fc\.weight: it reaches to value 6 .* has 6/,
    ],
    ["a shape beyond it", "K\x02K\x03\x86", "K\x03K\x03\x86", /fc\.weight: it reaches to value 8/],
    ["strides beyond it", "K\x03K\x01\x86", "K\x04K\x01\x86", /fc\.weight: it reaches to value 6/],
    ["strides for one axis only", "K\x03K\x01\x86", "K\x030K\x85", /strides \[\d*\] are not/],
    ["a size that is no number", "K\x02K\x03\x86", "\x88\x98K\x03\x86", /shape/],
  ];
  for (const [what, from, to, says] of ranges) {
    it(`are refused with ${what}`, () => {
      assert.match(refusal(replaced(read("model.pth"), from, to)), says);
    });
  }

  it("may not make a small file large by repeating its values", () => {
    const endless = replaced(read("expanded.pth"), "K\x02K\x03\x86", "M\xff\xffN\x86");
    assert.match(refusal(endless), /damaged: fc\.weight/);
    const shape = Buffer.from(read("expanded.pth"));
    assert.match(refusal(pickleWithShape(shape, 2 ** 31 - 1)), /fc\.weight: its shape .* is too large for the file/);
  });

  it("are refused with any bytes changed, cut or repeated, or read, and nothing else", () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
    const files = ["model.pth", "protocol5.pth", "protocol4-legacy.pth", "parameters.pth", "f16.safetensors"].map(read);
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (file, changes, cut) => {
          const bytes = Buffer.from(file);
          for (const { at, value } of changes) bytes[at % bytes.length] = value;
          for (const damaged of [bytes, bytes.subarray(0, cut % bytes.length), Buffer.concat([bytes, bytes])]) {
            try {
              for (const tensor of openWeights(damaged, "some.pth").values()) valuesOf(tensor);
            } catch (error) {
              assert.ok(error instanceof PetageError && error.code === "CHECKPOINT_INVALID", String(error));
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  describe("in an archive", () => {
    const bomb: ZipEntry = { name: "m/data.pkl", content: Buffer.alloc(64 * 2 ** 20), deflate: true };
    const archives: readonly [string, readonly ZipEntry[], RegExp][] = [
      ["that inflates to far more than its size", [bomb], /inflates to far more/],
      ["that inflates to more than it states", [{ ...bomb, statedBytes: 100 }], /does not inflate to the 100 bytes/],
      ["that states more than it has", [{ ...bomb, content: Buffer.alloc(10), statedBytes: 11 }], /another size/],
      ["with one name twice", [bomb, bomb], /two entries of one name/],
      ["without a pickle", [{ name: "arr_0.npy", content: Buffer.alloc(8) }], /no data\.pkl/],
      [
        "that is big-endian",
        [
          { name: "m/data.pkl", content: Buffer.from("}.") },
          { name: "m/byteorder", content: Buffer.from("big") },
        ],
        /big-endian/,
      ],
    ];
    for (const [what, entries, says] of archives) {
      it(`are refused ${what}`, () => assert.match(refusal(zipOf(entries)), says));
    }
  });

  describe("in a pickle", () => {
    const pickled = (hex: string): string => refusal(zipOf([{ name: "m/data.pkl", content: Buffer.from(hex, "hex") }]));

    it("cost no time by the square of an integer's length", () => {
      assert.match(pickled(`8b00000400${"ff".repeat(2 ** 18)}2e`), /an integer has 262144 bytes/);
    });

    it("may hold a list that contains itself, or more items than a call takes arguments", () => {
      assert.match(pickled("5d710068006158010000006b302e"), /holds no tensors/);
      assert.match(pickled(`5d28${"4e".repeat(300_000)}652e`), /holds no tensors/);
    });
  });

  it("may not have two tensors that come to one name", () => {
    const header = Buffer.from(
      '{"module.a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}',
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    assert.match(refusal(Buffer.concat([length, header, Buffer.alloc(2)])), /has two tensors a/);
  });
});

/** A tar archive of an empty file. */
function tarOf(name: string): Buffer {
  const header = Buffer.alloc(1024);
  header.write(name);
  header.write("ustar\u000000", 257);
  return header;
}

/** The pickle of `expanded.pth` with another number of rows: five bytes in place of two, in an archive made anew. */
function pickleWithShape(file: Buffer, rows: number): Buffer {
  const start = file.indexOf("\x80\x02}", 0, "latin1");
  const pickle = file.subarray(start, file.indexOf(".PK", start, "latin1") + 1);
  const at = pickle.indexOf("K\x02K\x03\x86", 0, "latin1");
  const number = Buffer.from("J\0\0\0\0");
  number.writeInt32LE(rows, 1);
  const content = Buffer.concat([pickle.subarray(0, at), number, pickle.subarray(at + 2)]);
  return zipOf([
    { name: "m/data.pkl", content },
    ...["0", "1"].map((key) => ({ name: `m/data/${key}`, content: Buffer.alloc(8) })),
  ]);
}
