import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildComponent } from "#lib/config/component/build.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import type { InspectedSample, Inspection } from "#lib/data/inspect.ts";
import { openInspector } from "#lib/host/thread/inspector.ts";
import * as odd from "../../data/odd-images.ts";
import { node } from "../../data/support.ts";

const PIPELINE = [{ type: "LoadImageFromFile" }, { type: "Resize", scale: [24, 24] }, { type: "PackInputs" }];

describe("an inspector", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-inspect-"));
    await writeFile(join(folder, "a.jpg"), await odd.markedJpeg());
    await writeFile(join(folder, "b.jpg"), (await odd.markedJpeg()).subarray(0, -1));
    await writeFile(join(folder, "c.jpg"), "");
    await writeFile(join(folder, "d.png"), await odd.flatPng(1, 30_000));
  });
  after(() => rm(folder, { recursive: true }));

  /** What each photo gives, or the code that refuses it. */
  async function inspectAll(sampleCount: number, withLook = true): Promise<(Inspection | string)[]> {
    const setup = { pipeline: node(PIPELINE), decode: DEFAULT_IMAGE_LIMITS };
    await using inspector = openInspector(setup, { build: buildComponent, plugins: [], sampleCount });
    const samples = ["a.jpg", "b.jpg", "c.jpg", "d.png", "gone.jpg"].map((id, index): InspectedSample => ({
      info: { id, path: join(folder, id), label: 1 },
      index,
      withLook,
    }));
    const codeOf = (error: unknown): string => (error as { readonly code: string }).code;
    return await Promise.all(samples.map((sample) => inspector.inspect(sample).catch(codeOf)));
  }

  it("tells the same of photos in threads, as for many, and in this one, as for few", async () => {
    const few = await inspectAll(1);
    assert.deepEqual(await inspectAll(1_000_000), few);
    const [whole, cut, ...others] = few;
    assert.ok(typeof whole === "object" && typeof cut === "object");
    assert.deepEqual([whole.cutShort, cut.cutShort], [false, true]);
    assert.equal(whole.look?.thumbnail.length, 16 * 16 * 3);
    assert.notEqual(whole.digest, cut.digest);
    assert.deepEqual([others[0], others[2]], ["IMAGE_EMPTY", "DATASET_FILE_MISSING"]);
  });

  it("keeps no look that is not wanted", async () => {
    const [whole] = await inspectAll(1, false);
    assert.ok(typeof whole === "object" && whole.look === undefined);
  });
});
