import assert from "node:assert/strict";
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { checkWeights } from "#lib/store/weights.ts";
import type { Check } from "./case.ts";
import { weightFiles } from "./weights-load.ts";

/** What is said of the files that this case is known to have. */
const SAID: Readonly<Record<string, RegExp>> = {
  "lfs.pth": /is a Git LFS pointer.*git lfs pull/,
  "lfs.safetensors": /is a Git LFS pointer.*git lfs pull/,
  "page.pth": /is a web page, not a checkpoint/,
  "oldtar.pth": /written by PyTorch before 0\.2.*save it again/,
};
const LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n";
const PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n";
/** What files of weights are called besides .pth and .safetensors. */
const NAMES = ["model_best.pth.tar", "pytorch_model.bin", "epoch=1.ckpt"];

/** What is no checkpoint is called by its name; weights are taken whatever they are called. */
export const notACheckpointFile: Check = async ({ path, root }) => {
  const folder = root.path("files");
  await copyAll(path, folder);
  for (const name of await weightFiles(folder)) {
    const error = await checkWeights(join(folder, name)).then(() => undefined, PetageError.from);
    assert.equal(error?.code, "CHECKPOINT_INVALID", name);
    assert.match(error.describe(), SAID[name] ?? / is (a|an|empty|written|no checkpoint)\b/);
    assert.doesNotMatch(error.describe(), /opcode|value is missing|header claims/);
  }
  await root.fails("train tiny.py --no-validate --load-from files/lfs.pth", /git lfs pull/);
  await root.draw();
  await root.succeeds("train tiny.py --no-validate --work-dir W");
  const [run = ""] = await readdir(root.path("W"));
  for (const name of NAMES) await copyFile(root.path("W", run, "epoch_1/model.safetensors"), root.path(name));
  for (const name of NAMES) await checkWeights(root.path(name));
  await root.succeeds("test tiny.py", NAMES[0] ?? "");
};

/** The case's files, and those that its README describes. */
async function copyAll(path: string, folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, "lfs.safetensors"), LFS);
  await writeFile(join(folder, "page.pth"), PAGE);
  for (const name of await weightFiles(path)) await copyFile(join(path, name), join(folder, name));
}
