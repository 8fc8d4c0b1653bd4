import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Skipped } from "./case.ts";
import type { Check } from "./case.ts";
import { writeFiles, writePhotos } from "./photos.ts";

interface Odd {
  readonly photos: readonly string[];
  readonly annotation?: string | Uint8Array;
  /** The folder of the data, where it is not the config's name. */
  readonly data?: string;
  readonly exitCode: number;
  readonly said: RegExp;
}

/** By config: what is odd with it, and what `dataset check` says of it. */
const ODD: Readonly<Record<string, Odd>> = {
  utf16: {
    photos: ["a.jpg", "b.jpg"],
    annotation: Buffer.from("\ufeffa.jpg 3\r\nb.jpg 4\r\n", "utf16le"),
    exitCode: 0,
    said: /^train: 2 images, 0 problems$/m,
  },
  nfd: {
    photos: ["Jürgen.jpg".normalize("NFD")],
    annotation: `${"Jürgen.jpg".normalize("NFC")}\t5\n`,
    exitCode: 0,
    said: /^train: 1 images, 0 problems$/m,
  },
  backslash: { photos: ["dogs/a.jpg"], annotation: "dogs\\a.jpg 5\n", exitCode: 1, said: /Write \/ between folders/ },
  padded: { photos: ["03/a.jpg", "07/a.jpg", "17/a.jpg"], exitCode: 1, said: /Did you mean `3`\?/ },
  classint: {
    photos: ["a.jpg"],
    annotation: "a.jpg 0\n",
    data: "classstr",
    exitCode: 1,
    said: /expected a str or a list of str/,
  },
};

/** Texts and names in other encodings, forms and habits are read, or called what they are. */
export const encodings: Check = async ({ path, root }) => {
  const found = (await readdir(path)).filter((name) => name.startsWith("d_"));
  assert.ok(found.length > 0, "there is no config in this case");
  const utf16 = await readFile(join(path, "d_utf16.py"), "utf8");
  await writeFile(root.path("d_nfd.py"), utf16.replace("utf16", "nfd")); // the case tells of it, without a config
  for (const config of new Set([...found, "d_nfd.py"])) {
    const name = config.slice("d_".length, -".py".length);
    const odd = ODD[name];
    if (!odd) throw new Skipped(`what is odd with ${name} is not known here`);
    const folder = root.path("cases-work/data", odd.data ?? name);
    await writePhotos(join(folder, "train"), odd.photos);
    if (odd.annotation !== undefined) await writeFiles(folder, { "meta/train.txt": odd.annotation });
    const { exitCode, output } = await root.petage(`dataset check ${config} --split train`);
    assert.match(output, odd.said, config);
    assert.equal(exitCode, odd.exitCode, config);
  }
};
