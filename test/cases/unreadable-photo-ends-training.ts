import assert from "node:assert/strict";
import { cp, readdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./case.ts";

/** A photo that the system refuses to read is replaced and named in training, and listed by `dataset check`. */
export const unreadablePhotoEndsTraining: Check = async ({ root }) => {
  const data = await root.draw();
  await cp(data, root.path("cases-work/data/eloop"), { recursive: true });
  const folder = root.path("cases-work/data/eloop/train");
  const [photo = ""] = await readdir(folder);
  await rm(join(folder, photo));
  await symlink(photo, join(folder, photo));
  const trained = await root.succeeds("train d_eloop.py --no-validate --work-dir W");
  assert.ok(trained.includes(photo), "training does not name the photo");
  const checked = await root.fails("dataset check d_eloop.py --split train", /\[DATASET_[A-Z_]+\]/);
  assert.ok(checked.includes(join("train", photo)), "dataset check does not name the photo");
  assert.doesNotMatch(`${trained}${checked}`, /\[INTERNAL\]/);
};
