import assert from "node:assert/strict";
import { readdir, rename } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { Check } from "./case.ts";

/** A file:// URI is percent-decoded wherever a checkpoint is named. */
export const fileUri: Check = async ({ root }) => {
  const data = await root.draw();
  await root.succeeds("train tiny.py --no-validate --work-dir W");
  await rename(root.path("W"), root.path("my runs ü"));
  const [run = ""] = await readdir(root.path("my runs ü"));
  const uri = pathToFileURL(root.path("my runs ü", run, "epoch_1")).href;
  assert.match(uri, /%20/);
  const photos = (await readdir(`${data}/train`)).slice(0, 1).map((name) => `${data}/train/${name}`);
  await root.succeeds(`predict ${photos.join(" ")} --checkpoint ${uri}`);
  await root.succeeds(`train tiny.py --no-validate --work-dir X --cfg-options load_from=${uri}`);
};
