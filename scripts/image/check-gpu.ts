import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { execute } from "../cluster/execute.ts";
import { withLock } from "../cluster/lock.ts";
import { watched } from "../setup/report.ts";
import type { Report } from "../setup/report.ts";
import { buildLocally } from "./build.ts";
import { runContainer, unpackImage } from "./container.ts";
import { copyContext } from "./context.ts";
import { localBases } from "./local-bases.ts";
import { boundStore, ensureImageTools, imageCache } from "./store.ts";

const NAME = "localhost/petage/check-gpu:1";
/** What every base image with glibc and a C++ library has. */
const OF_THE_BASE = /^(ld-linux-.*|lib(c|dl|gcc_s|m|pthread|rt|stdc\+\+))\.so\.\d+$/;
const MULTIPLY = `
  import { loadEngine } from "/srv/petage/lib/engine/load.ts";
  import * as tf from "@tensorflow/tfjs";
  const engine = await loadEngine();
  console.log(JSON.stringify({ ...engine, product: tf.matMul([[2]], [[3]]).dataSync()[0] }));
`;

/**
 * Checks the gpu target as far as that goes without a GPU: builds it from the real wheel on a base without CUDA, looks
 * at what its libraries need, and computes with it, on the CPU. PROCESS_FAILED says what is wrong.
 */
export async function checkGpu(report: Report): Promise<void> {
  await ensureImageTools(report);
  await withLock(imageCache("lock"), { say: (line) => report.say(line) }, async () => {
    const bases = await localBases(report);
    mkdirSync(imageCache("tmp"), { recursive: true });
    const context = mkdtempSync(imageCache("tmp", "context-"));
    try {
      copyContext(context);
      const options = { target: "gpu", name: NAME, context, arguments: {} } as const;
      await watched("Building the gpu target (fetches 570 MB)", report, () => buildLocally(options, bases));
    } finally {
      rmSync(context, { recursive: true });
    }
    await checkImage(report);
    await boundStore();
  });
}

async function checkImage(report: Report): Promise<void> {
  await using image = await unpackImage(NAME);
  const folder = join(image.root, "opt", "tensorflow");
  const present = readdirSync(join(folder, "lib"));
  report.say(`Libraries: ${present.join(", ")}`);
  for (const file of ["tfjs_binding.node", ...present.map((name) => join("lib", name))]) {
    const missing = (await neededBy(join(folder, file))).filter(
      (name) => !present.includes(name) && !OF_THE_BASE.test(name),
    );
    if (missing.length > 0) fail(`${file} needs ${missing.join(", ")}, which neither the wheel nor the base image has`);
  }
  report.say("Each needs only the other, glibc and libstdc++; CUDA is loaded when a GPU is found");
  const command = ["node", "--import", "tsx", "--input-type=module", "--eval", MULTIPLY];
  const { exitCode, output } = await runContainer(image, { command, environment: { TF_CPP_MIN_LOG_LEVEL: "3" } });
  if (exitCode !== 0 || !output.includes('"product":6')) fail(`it does not compute: ${output}`);
  report.say(`It loads and computes without a GPU: ${output.trim().split("\n").at(-1)}`);
}

async function neededBy(file: string): Promise<string[]> {
  const dynamic = await execute(["readelf", "--dynamic", "--wide", file]);
  return [...dynamic.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].map(([, name = ""]) => name);
}

function fail(why: string): never {
  throw new PetageError("PROCESS_FAILED", `The gpu image is wrong: ${why}`);
}
