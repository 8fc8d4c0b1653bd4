import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { Skipped } from "./case.ts";
import type { Check } from "./case.ts";
import { writeFiles, writePhotos } from "./photos.ts";

/** What lies in the folder of each config's name, and what `dataset check` says of it. */
const FOLDERS: Readonly<Record<string, { photos: readonly string[]; more?: readonly string[]; said: RegExp }>> = {
  mac: {
    photos: inEach(["3", "7", "17"], ["p0.jpg", "p1.jpg", "p2.jpg"]),
    more: inEach(["3", "7", "17"], ["._p0.jpg", "._p1.jpg", "._p2.jpg", ".DS_Store", "Thumbs.db"]),
    said: /^train: 9 images, 0 problems$/m,
  },
  jupyter_noclasses: {
    photos: inEach(["cat", "dog"], ["a.jpg"]),
    more: [".ipynb_checkpoints/a.txt"],
    said: /^train: 2 images, 0 problems$/m,
  },
  jupyter_inside: {
    photos: [...inEach(["3", "7", "17"], ["a.jpg"]), "7/.ipynb_checkpoints/a-checkpoint.jpg"],
    said: /^train: 3 images, 0 problems$/m,
  },
  webpmix: {
    photos: inEach(["3", "7"], ["a.jpg", "b.webp", "c.JPEG", "d.tiff", "e.gif"]),
    said: /left out.*\.gif \.tiff \.webp|^train: 10 images, 0 problems$/m,
  },
  bmponly: {
    photos: inEach(["3", "7"], ["a0.bmp", "a1.bmp", "a2.bmp", "a3.bmp"]),
    said: /^train: 8 images, 0 problems$/m,
  },
};

function inEach(folders: readonly string[], names: readonly string[]): string[] {
  return folders.flatMap((folder) => names.map((name) => `${folder}/${name}`));
}

/** Folders as systems leave them: hidden names are nothing, and no photo is left out unless that is told. */
export const applefiles: Check = async ({ path, root }) => {
  const configs = (await readdir(path)).filter((name) => name.startsWith("d_"));
  assert.ok(configs.length > 0, "there is no config in this case");
  for (const config of configs) {
    const name = config.slice("d_".length, -".py".length);
    const found = FOLDERS[name];
    if (!found) throw new Skipped(`what lies in ${name} is not known here`);
    const folder = root.path("cases-work/data", name, "train");
    await writePhotos(folder, found.photos);
    await writeFiles(folder, Object.fromEntries((found.more ?? []).map((file) => [file, "no photo"])));
    assert.match(await root.succeeds(`dataset check ${config} --split train`), found.said, config);
  }
};
