/**
 * In the image's build, `tensorflow.ts DEVICE FOLDER`: leaves in the folder what the services load of TensorFlow, made as
 * on a laptop. Symbols that only a debugger reads are taken off: they are a quarter of the library.
 */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { installBinding, unpackedLibrary } from "../../setup/binding.ts";
import { consoleReport } from "../../setup/report.ts";
import { run } from "../../setup/run.ts";
import { tensorflowFolder } from "../../setup/wheel.ts";
import { resetTimestamps } from "./timestamps.ts";

const STRIP_TIMEOUT_MS = 5 * 60_000;
const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

const [device = "", folder = ""] = process.argv.slice(2);
if ((device !== "cpu" && device !== "gpu") || folder === "") throw new Error("usage: tensorflow.ts cpu|gpu FOLDER");

const report = consoleReport();
const library = unpackedLibrary(await tensorflowFolder(report, device));
await installBinding(library, report);
mkdirSync(join(folder, "lib"), { recursive: true });
cpSync(library.binding, join(folder, "tfjs_binding.node")); // finds the libraries in lib/ beside it
for (const name of LIBRARIES) {
  const output = join(folder, "lib", name);
  await run("strip", ["--strip-unneeded", "-o", output, join(library.libraries, name)], {
    timeoutMs: STRIP_TIMEOUT_MS,
  });
}
resetTimestamps(folder);
