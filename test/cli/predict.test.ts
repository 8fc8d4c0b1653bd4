import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { petage } from "#test/support/cli.ts";
import { tinyLoader, writeTinyProject } from "#test/support/tiny-project.ts";
import { saveUntrained } from "#test/support/untrained.ts";
import { test } from "../../cli/commands/test.ts";
import { modelToServe } from "../../cli/model-to-serve.ts";

const TEST_PIPELINE = [
  { type: "LoadImageFromFile" },
  { type: "ResizeEdge", scale: 32, edge: "short" },
  { type: "CenterCrop", crop_size: 32 },
  { type: "PackInputs" },
];
const never = new AbortController().signal;

describe("a checkpoint on the command line", function () {
  this.timeout(120_000);
  let folder = "";
  let config = "";
  let checkpoint = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-predict-"));
    const test_dataloader = tinyLoader(join(folder, "pets"), "test", { batch_size: 2, pipeline: TEST_PIPELINE });
    const project = await writeTinyProject(folder, { count: 30, changes: { test_dataloader } });
    config = project.config;
    checkpoint = await saveUntrained(join(folder, "work_dirs/tiny/20260101_000000"), project.value);
  });
  after(() => rm(folder, { recursive: true }));

  async function testNames(): Promise<string[]> {
    const lines = (await readFile(join(folder, "pets/meta/test.txt"), "utf8")).trimEnd().split("\n");
    return lines.map((line) => line.split("\t")[0] ?? "");
  }

  it("petage test prints the metrics as a table and writes name<TAB>months", async () => {
    const args = ["test", config, checkpoint, "--out", "result.txt"];
    const { exitCode, stdout, stderr } = await petage(args, { cwd: folder });
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^metric +value\npetage\/mae_argmax +\d+\.\d{4}\n/);
    assert.match(stdout, /\n3 images; written to result\.txt\n$/);
    const lines = (await readFile(join(folder, "result.txt"), "utf8")).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => /^(.*)\t\d+$/.exec(line)?.[1]),
      await testNames(),
    );
  });

  for (const ending of [".csv", ".jsonl", ".json"]) {
    it(`petage test --out result${ending} holds every image of the split in order`, async () => {
      const out = join(folder, `result${ending}`);
      const { predictions, result } = await test(config, checkpoint, { out }, never);
      assert.deepEqual(
        predictions.map(({ sampleId }) => sampleId),
        await testNames(),
      );
      const text = await readFile(out, "utf8");
      for (const name of await testNames()) assert.ok(text.includes(name), name);
      if (ending === ".json") assert.deepEqual((JSON.parse(text) as { metrics: object }).metrics, result.metrics);
    });
  }

  it("petage test measures a file of weights, whatever it is called, as the model of its config", async () => {
    const file = join(folder, "weights.bin");
    await cp(join(checkpoint, "model.safetensors"), file);
    const [own, other] = [await test(config, checkpoint, {}, never), await test(config, file, {}, never)];
    assert.deepEqual(other.result.metrics, own.result.metrics);
    assert.deepEqual(other.predictions, own.predictions);
  });

  it("petage predict asks a file of weights as the model of its config, and leaves nothing behind", async () => {
    const photo = join("pets", "test", (await testNames())[0] ?? "");
    const [file, temporary] = [join(folder, "weights.bin"), join(folder, "temporary")];
    await cp(join(checkpoint, "model.safetensors"), file);
    await mkdir(temporary);
    const args = ["predict", photo, "--checkpoint", file, "--config", config];
    const { exitCode, stdout, stderr } = await petage(args, { cwd: folder, env: { TMPDIR: temporary } });
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^ {2}\d+ months .*\n.*\n.*\n {2}tiny weights, \d+\.\d ms$/m);
    assert.deepEqual(
      (await readdir(temporary)).filter((name) => name.startsWith("petage-model-")),
      [],
    );
  });

  it("asks for a config where one is needed, and refuses one where none is", async () => {
    const file = join(folder, "weights.bin");
    await cp(join(checkpoint, "model.safetensors"), file);
    const expected = { code: "INVALID_ARGUMENT", hint: /--config/ };
    await assert.rejects(modelToServe(file, undefined), expected);
    await assert.rejects(modelToServe(checkpoint, config), expected);
    await using model = await modelToServe(checkpoint, undefined);
    assert.equal(model.folder, checkpoint);
  });

  it("names the file of weights that does not fit its config", async () => {
    const file = join(folder, "weights.bin");
    await cp(join(checkpoint, "model.safetensors"), file);
    const message = new RegExp(`weights\\.bin is of another model: .*missing`);
    await assert.rejects(modelToServe(file, "resnet101_8xb32_petage"), { code: "CHECKPOINT_MISMATCH", message });
  });

  it("petage predict tells the age, the distribution, and the model that it found itself", async () => {
    const photo = join("pets", "test", (await testNames())[0] ?? "");
    const { exitCode, stdout, stderr } = await petage(["predict", photo], { cwd: folder });
    assert.equal(exitCode, 0, stderr);
    const [name, answer = "", chart = "", axis = "", model = ""] = stdout.split("\n");
    assert.equal(name, photo);
    assert.match(answer, /^ {2}\d+ months \(.*(month|year)s?\), 80 % within \d+ to \d+$/);
    assert.match(chart, /^ {2}[ ▁▂▃▄▅▆▇█]{64}$/);
    assert.match(axis, /^ {2}0 +2 +4 .* years$/);
    assert.match(model, /^ {2}tiny epoch_1, \d+\.\d ms$/);
  });

  it("petage predict says one line of each file that it cannot use, predicts the others, and ends with 1", async () => {
    const photo = join("pets", "test", (await testNames())[0] ?? "");
    await writeFile(join(folder, "text.jpg"), "a letter");
    await writeFile(join(folder, "empty.jpg"), "");
    await cp(join(folder, photo), join(folder, "half.jpg"));
    await writeFile(join(folder, "half.jpg"), (await readFile(join(folder, photo))).subarray(0, 400));
    const photos = ["gone.jpg", "text.jpg", "empty.jpg", "half.jpg", "pets", photo];
    const { exitCode, stdout, stderr } = await petage(["predict", "--json", ...photos], { cwd: folder });
    assert.equal(exitCode, 1);
    const complaints = stderr.split("\n").filter((line) => line.startsWith("petage: "));
    const expected = [
      /^petage: gone\.jpg: There is no such file \[NOT_FOUND\]$/,
      /^petage: text\.jpg: .* \[IMAGE_FORMAT_UNSUPPORTED\]$/,
      /^petage: empty\.jpg: .* \[IMAGE_EMPTY\]$/,
      /^petage: half\.jpg: .* \[IMAGE_UNDECODABLE\]$/,
      /^petage: pets: This is a folder, expected a photo \[INVALID_ARGUMENT\]$/,
    ];
    assert.equal(complaints.length, expected.length, stderr);
    for (const [index, line] of complaints.entries()) assert.match(line, expected[index] ?? /^$/);
    const [answer, rest] = stdout.trimEnd().split("\n");
    assert.equal(rest, undefined);
    const { photo: named, ageMonths, monthProbabilities } = JSON.parse(answer ?? "") as Record<string, unknown>;
    assert.equal(named, photo);
    assert.equal(typeof ageMonths, "number");
    assert.equal((monthProbabilities as number[]).length, 192);
  });
});
