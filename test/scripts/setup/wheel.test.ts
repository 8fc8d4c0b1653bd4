import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstProgram, run } from "../../../scripts/setup/run.ts";
import { sha256OfFile } from "../../../scripts/setup/wheel.ts";
import { ROOT } from "../../support/sources.ts";

const TIMEOUT_MS = 20_000;
const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
    for name in sys.argv[2:]:
        archive.writestr(name, name)
`;

describe("scripts/setup/wheel.ts", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-wheel-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("sha256OfFile() is the digest of the whole file", async () => {
    await writeFile(join(folder, "abc"), "abc");
    // FIPS 180-2, appendix B.1
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.equal(await sha256OfFile(join(folder, "abc")), expected);
  });

  it("unpack.py takes the libraries and the headers, and nothing outside its folder", async function () {
    const python = await firstProgram(["python3", "python"]);
    if (python === undefined) {
      console.log("      skipped: no python3 here");
      this.skip();
    }
    const names = [
      "tensorflow/libtensorflow_cc.so.2",
      "tensorflow/libtensorflow_framework.so.2",
      "tensorflow/include/tensorflow/c/c_api.h",
      "tensorflow/include/tensorflow/core/platform/ctstring.h",
      "tensorflow/include/tensorflow/core/framework/op.h",
      "tensorflow/include/tsl/../../../../escaped.h",
      "tensorflow/include/xla/tsl/c/tsl_status.h",
      "tensorflow/python/big.so",
    ];
    const wheel = join(folder, "a.whl");
    await run(python, ["-c", MAKE_WHEEL, wheel, ...names], { timeoutMs: TIMEOUT_MS });
    const out = join(folder, "out");
    await run(python, [join(ROOT, "scripts/setup/unpack.py"), wheel, out], { timeoutMs: TIMEOUT_MS });
    const files = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    assert.deepEqual(files.map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1)).toSorted(), [
      "include/tensorflow/c/c_api.h",
      "include/tensorflow/core/platform/ctstring.h",
      "include/xla/tsl/c/tsl_status.h",
      "lib/libtensorflow_cc.so.2",
      "lib/libtensorflow_framework.so.2",
    ]);
    assert.equal(await readFile(join(out, "lib/libtensorflow_cc.so.2"), "utf8"), names[0]);
    assert.deepEqual((await readdir(folder)).toSorted(), ["a.whl", "out"]);
  });
});
