import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Image } from "#lib/data/types.ts";
import { PIXEL_OPERATIONS } from "../../../scripts/golden/pixel-operations.ts";

/** How `make_adjusted.py`, beside the file, describes what became of an image. */
interface Golden {
  readonly op: string;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly kind: "noise" | "dim" | "flat";
  readonly params: Readonly<Record<string, unknown>>;
  /** The pixels, in base64. */
  readonly out: string;
}

const FILE = new URL("../../golden/opencv/adjusted.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Golden[] };

/** The image that the script makes, by the same formula. */
function imageOf({ shape: [height, width, channels], kind }: Golden): Image {
  const data = Uint8Array.from({ length: height * width * channels }, (_, index) => {
    if (kind === "flat") return 200 + (index % channels);
    let mixed = (Math.imul(index, 2654435761) + 12345) >>> 0;
    mixed = Math.imul(mixed ^ (mixed >>> 15), 2246822507) >>> 0;
    const value = ((mixed ^ (mixed >>> 13)) >>> 0) % 256;
    return kind === "dim" ? Math.floor(value / 8) + 90 : value;
  });
  return { data, height, width, channels };
}

describe("pixels are those of OpenCV, Pillow and mmcv, bit by bit:", () => {
  const ops = [...new Set(cases.map(({ op }) => op))];
  for (const op of ops) {
    const all = cases.filter((one) => one.op === op);
    it(`${op}, ${all.length} times`, () => {
      for (const one of all) {
        const run = PIXEL_OPERATIONS[op];
        assert.ok(run, op);
        const image = imageOf(one);
        const before = image.data.slice();
        const { data, height, width, channels } = run(image, one.params);
        const name = `${one.shape.join(" x ")} ${one.kind} ${JSON.stringify(one.params)}`;
        assert.deepEqual([height, width, channels], one.shape, name);
        assert.deepEqual([...data], [...Buffer.from(one.out, "base64")], name);
        assert.deepEqual(image.data, before, `${name}: its input is left alone`);
      }
    });
  }

  it("is said of every operation that the script knows", () => assert.equal(ops.length, 11));
});
