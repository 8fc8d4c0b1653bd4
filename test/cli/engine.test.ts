import assert from "node:assert/strict";
import { petage } from "#test/support/cli.ts";

const RATE = /^convolution, float32 +\d+ GFLOP\/s$/m;

/** Two processes that load TensorFlow. */
const PROFILE_MS = 120_000;

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

  it("profiles a compiled step of a config", async () => {
    const small = ["--batch-size", "2", "--steps", "1"];
    const profile = ["engine", "profile", "resnet18_petage_quickstart", ...small];
    const { stdout, stderr } = await petage(profile, { timeoutMs: PROFILE_MS });
    assert.match(stdout, /^resnet18_petage_quickstart: 2 images of 64 x 64, float32, the fastest of 1 steps$/m, stderr);
    assert.match(stdout, /^A convolution alone reaches \d+ GFLOP\/s here$/m);
    assert.match(stdout, /^conv gradient of filter +20 .* █*░*$/m);
  }).timeout(PROFILE_MS);
});
