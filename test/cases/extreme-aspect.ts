import assert from "node:assert/strict";
import { appendFile, copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./case.ts";

/** A photo of few bytes that the pipeline would make enormous is refused before any pixel of that is computed. */
export const extremeAspect: Check = async ({ path, root }) => {
  const data = await root.draw();
  const photos = (await readdir(path)).filter((name) => name.endsWith(".png"));
  assert.ok(photos.length > 0, "there is no photo in this case");
  await root.succeeds("train wide.py --work-dir W");
  for (const photo of photos) {
    await root.fails(`predict ${join(path, photo)} --work-dirs W`, /\[IMAGE_TOO_LARGE\]/);
    await copyFile(join(path, photo), join(data, "train", photo));
    await appendFile(join(data, "meta/train.txt"), `${photo}\t12\n`);
  }
  const checked = await root.fails("dataset check wide.py --split train", /\[IMAGE_TOO_LARGE\]/);
  const trained = await root.succeeds("train wide.py --work-dir X --no-validate");
  for (const photo of photos) {
    assert.ok(checked.includes(photo), `dataset check does not name ${photo}`);
    assert.ok(trained.includes(photo), `training does not name ${photo}`);
  }
};
