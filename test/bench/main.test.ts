import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defined } from "#lib/base/assert.ts";
import type { Row } from "./benchmark.ts";

const BENCH = fileURLToPath(new URL("main.ts", import.meta.url));
const KEYS = ["bench", "case", "value", "unit", "peer", "peerValue", "ratio", "target", "met"];
/** Of what builds a ResNet-101. */
const TRAIN_TIMEOUT_MS = 240_000;

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

async function bench(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Output> {
  const env = { ...process.env, PETAGE_BENCH_PYTHON: "", ...environment };
  try {
    const output = await promisify(execFile)(process.execPath, ["--import", "tsx", BENCH, ...args], { env });
    return { ...output, code: 0 };
  } catch (error) {
    return error as Output;
  }
}

function rowsOf(stdout: string): Row[] {
  const lines = stdout.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Row);
}

describe("npm run bench", () => {
  it("lists the benchmarks when none is named", async () => {
    const { stdout } = await bench([]);
    const names = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    assert.deepEqual(names, ["main", "train", "data", "ring", "predict", "learning", "controller", "overload"]);
  });

  it("refuses an unknown name and tells the nearest", async () => {
    const { code, stdout, stderr } = await bench(["trian"]);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /no benchmark trian.*Did you mean `train`/);
  });

  it("prints one JSON object a line with every key, progress and absent peers on stderr", async () => {
    const { stdout, stderr } = await bench(["data", "--tiny"]);
    const rows = rowsOf(stdout);
    assert.deepEqual(
      rows.map((row) => [row.case, row.unit, row.target]),
      [
        ["500x375", "img/s", 1.4],
        ["500x375 rss", "MB", null],
        ["service, workers 1", "img/s", null],
        ["service overhead", "ms", 1.1],
      ],
    );
    for (const row of rows.slice(0, -1)) {
      assert.deepEqual(Object.keys(row), KEYS);
      assert.equal(row.bench, "data");
      assert.ok(row.value > 0, `value is ${row.value}`);
      assert.deepEqual([row.peer, row.peerValue, row.ratio], [null, null, null]);
    }
    assert.match(stderr, /no peer .*PETAGE_BENCH_PYTHON/);
    assert.match(stderr, /turn 1 of 1/);
  });

  it("names the cases of train by model and precision, with what is good enough of each", async function () {
    this.timeout(TRAIN_TIMEOUT_MS);
    const { stdout } = await bench(["train", "--tiny"]);
    assert.deepEqual(
      rowsOf(stdout).map((row) => [row.case, row.unit, row.target]),
      [
        ["resnet18 train float32", "img/s", 1.2],
        ["resnet101 infer batch 1 float32", "ms", 0.65],
        ["resnet101 infer batch 1 float32, torch.compile", "ms", 0.8],
      ],
    );
  });

  it("compares the ring with the NATS client alone and says why gloo is missing", async () => {
    // A Python that cannot run the peer, whatever it is.
    const { stdout, stderr } = await bench(["ring", "--tiny"], { PETAGE_BENCH_PYTHON: process.execPath });
    const [beside, gloo] = rowsOf(stdout);
    const { value, peerValue, ratio, target, met } = defined(beside, "the first row");
    const [peerMs, quotient] = [defined(peerValue, "the client's time"), defined(ratio, "the ratio")];
    assert.ok(Math.abs(quotient - value / peerMs) < 0.01, `${quotient} is ${value} over ${peerMs}`);
    assert.equal(met, quotient <= defined(target, "the target"));
    assert.equal(gloo?.peer, null);
    assert.match(stderr, /no peer gloo: gloo ended: .+/);
  });
});
