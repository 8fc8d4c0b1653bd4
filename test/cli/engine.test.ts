import assert from "node:assert/strict";
import { petage } from "#test/support/cli.ts";

const RATE = /^convolution, float32 +\d+ GFLOP\/s$/m;

describe("petage engine", function () {
  this.timeout(60_000);

  it("says what computes, and how fast", async () => {
    const { stdout } = await petage(["engine"]);
    assert.match(stdout, /^library +TensorFlow \d+\.\d+\.\d+$/m);
    assert.match(stdout, /^device +(CPU, \d+ threads?|GPU)$/m);
    assert.match(stdout, /^steps +compiled into graphs$/m);
    assert.match(stdout, RATE);
    assert.match(stdout, /^convolution, bfloat16 +\d+ GFLOP\/s, \d+\.\d x float32$/m);
  });

  it("also where it computes op by op", async () => {
    const { stdout } = await petage(["engine"], { env: { PETAGE_EAGER: "1" } });
    assert.match(stdout, /^steps +op by op$/m);
    assert.match(stdout, RATE);
  });

  it("profiles a compiled step of a config, as a table and as JSON", async () => {
    const small = ["--batch-size", "2", "--steps", "1", "--cfg-options", "train_dataloader.num_workers=0"];
    const { stdout, stderr } = await petage(["engine", "profile", "resnet18_petage_quickstart", ...small]);
    assert.match(stdout, /^resnet18_petage_quickstart: 2 images of 64 x 64, float32, mean of 1 step$/m, stderr);
    assert.match(stdout, /^conv gradient of filter +20 .* █*░*$/m);
    const json = await petage(["engine", "profile", "resnet18_petage_quickstart", ...small, "--json"]);
    const { count, rows } = JSON.parse(json.stdout) as { count: number; rows: { type: string; share: number }[] };
    assert.equal(count, 2);
    const all = rows.reduce((sum, { share }) => sum + share, 0);
    assert.ok(Math.abs(all - 1) < 0.01, `${all} of the time`);
  });
});
