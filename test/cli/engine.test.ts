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
});
