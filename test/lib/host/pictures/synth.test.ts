import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { decodeImage } from "#lib/data/decode.ts";
import { synthesize } from "#lib/host/pictures/synth.ts";

describe("synthesize", () => {
  let folder = "";
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "petage-synth-"))));
  after(() => rm(folder, { recursive: true }));

  async function everyByte(out: string): Promise<[string, string][]> {
    const names = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const paths = names.map((entry) => join(entry.parentPath, entry.name)).toSorted();
    return Promise.all(paths.map(async (path) => [path.slice(out.length), await readFile(path, "base64")]));
  }

  for (const [what, out] of [
    ["a file", "/proc/version"],
    ["a folder in which none can be made", "/proc/petage"],
    ["a name too long", `/tmp/${"x".repeat(300)}`],
  ] as const) {
    it(`ends at once for ${what}, as a refusal of the system`, async () => {
      const failure = await synthesize({ out, count: 20, seed: 0, layout: "annotation" }).catch(PetageError.from);
      assert.ok(failure instanceof PetageError);
      assert.match(failure.code, /^(FILE_REFUSED|NOT_FOUND)$/);
      assert.ok(failure.message.includes(out), failure.message);
    });
  }

  it("writes the annotation layout, split 80 to 10 to 10", async () => {
    const out = join(folder, "annotation");
    const progress: number[] = [];
    const report = await synthesize({
      out,
      count: 20,
      seed: 0,
      layout: "annotation",
      sizePx: 32,
      onProgress: ({ done }) => progress.push(done),
    });
    assert.deepEqual(report.counts, { train: 16, val: 2, test: 2 });
    assert.deepEqual(
      progress,
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    const lines = (await readFile(join(out, "meta", "val.txt"), "utf8")).trim().split("\n");
    assert.equal(lines.length, 2);
    for (const line of lines) {
      const [name = "", months] = line.split("\t");
      const image = await decodeImage(await readFile(join(out, "val", name)));
      assert.deepEqual([image.height, image.width], [32, 32]);
      assert.ok(Number(months) >= 1 && Number(months) <= 191);
    }
    assert.equal((await readFile(join(out, "meta", "classes.txt"), "utf8")).split("\n").length, 193);
    assert.ok((await readFile(report.sheet)).length > 10_000);
  });

  it("gives the same bytes for the same seed, and others for another", async () => {
    const options = { count: 12, seed: 3, layout: "folders", sizePx: 32 } as const;
    await synthesize({ ...options, out: join(folder, "one") });
    await synthesize({ ...options, out: join(folder, "two") });
    await synthesize({ ...options, out: join(folder, "three"), seed: 4 });
    const [one, two, three] = await Promise.all(["one", "two", "three"].map((name) => everyByte(join(folder, name))));
    assert.deepEqual(one, two);
    assert.notDeepEqual(one, three);
    assert.ok(one?.every(([path]) => /^\/(meta|(train|val|test)\/\d+|synth\.json|samples-by-age\.png)/.test(path)));
  });

  it("draws nothing where the dataset is already, and mends a half-drawn one", async () => {
    const options = { out: join(folder, "again"), count: 10, seed: 0, layout: "annotation", sizePx: 16 } as const;
    const stopped = new AbortController();
    const onProgress = (): void => stopped.abort();
    await assert.rejects(synthesize({ ...options, signal: stopped.signal, onProgress }), { code: "ABORTED" });
    assert.equal((await synthesize(options)).reused, false);
    assert.equal((await synthesize(options)).reused, true);
  });

  it("refuses a folder that holds something else, and numbers that make no dataset", async () => {
    const out = join(folder, "taken");
    await synthesize({ out, count: 10, seed: 0, layout: "annotation", sizePx: 16 });
    await assert.rejects(synthesize({ out, count: 11, seed: 0, layout: "annotation", sizePx: 16 }), {
      code: "FAILED_PRECONDITION",
      message: /other options/,
    });
    await rm(join(out, "synth.json"));
    await writeFile(join(out, "mine.txt"), "mine");
    const options = { out, count: 10, seed: 0, layout: "annotation" } as const;
    await assert.rejects(synthesize(options), { code: "FAILED_PRECONDITION", message: /other files/ });
    await assert.rejects(synthesize({ ...options, count: 3 }), { code: "INVALID_ARGUMENT" });
    await assert.rejects(synthesize({ ...options, seed: -1 }), { code: "INVALID_ARGUMENT" });
  });
});
