import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { StateDict } from "#lib/model/checkpoint.ts";
import { plainNames } from "#lib/model/plain-names.ts";
import { openPth } from "#lib/store/pth.ts";
import { readAll } from "#lib/store/stored-tensor.ts";

// Written by PyTorch 2.15: torch.save(ckpt), the same with _use_new_zipfile_serialization=False, and a bare state_dict.
const FILES = ["zip.pth", "legacy.pth", "bare.pt"];
const read = (name: string): Buffer => readFileSync(new URL(`../../fixtures/checkpoints/${name}`, import.meta.url));

const EXPECTED: Readonly<Record<string, { shape: number[]; values: (number | bigint)[] }>> = {
  "backbone.conv1.weight": {
    shape: [2, 3, 2, 2],
    values: [...Float32Array.from({ length: 24 }, (_, index) => Math.fround(index) / 7)],
  },
  "backbone.bn1.running_mean": { shape: [2], values: [0.5, -1.25] },
  "backbone.bn1.num_batches_tracked": { shape: [], values: [37n] },
  "backbone.half": { shape: [4], values: [1.5, -0.25, 65504, 2 ** -24] },
  "backbone.bfloat": { shape: [2], values: [1.5, -3] },
  "head.fc.weight": { shape: [2, 3], values: [0, 2, 4, 1, 3, 5] },
  "head.fc.bias": { shape: [3], values: [4, 5, 6] },
};

const decodePth = (bytes: Uint8Array, source: string): StateDict => readAll(plainNames(openPth(bytes, source), source));

describe("a file of torch.save", () => {
  for (const name of FILES) {
    it(`reads ${name}: all types, strided views and views that share a storage`, () => {
      const tensors = decodePth(read(name), name);
      assert.deepEqual([...tensors.keys()], Object.keys(EXPECTED));
      for (const [key, { shape, values }] of Object.entries(EXPECTED)) {
        assert.deepEqual(tensors.get(key)?.shape, shape, key);
        assert.deepEqual([...(tensors.get(key)?.values ?? [])], values, key);
      }
    });

    it(`never gives anything but CHECKPOINT_INVALID for a ${name} that is cut off`, () => {
      const bytes = read(name);
      for (let length = 0; length < bytes.length; length += 37) {
        assert.throws(
          () => decodePth(bytes.subarray(0, length), name),
          { code: "CHECKPOINT_INVALID" },
          `${length} bytes`,
        );
      }
    });
  }

  it("runs nothing that a file asks for", () => {
    // protocol 2: os.system("true") by REDUCE
    const evil = Buffer.from("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.", "latin1");
    assert.throws(() => decodePth(evil, "evil.pth"), { code: "CHECKPOINT_INVALID" });
  });
});
