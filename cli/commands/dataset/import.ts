import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { SPLIT_NAMES, type SplitName } from "#lib/data/datasets/layouts.ts";
import { AGE_CLASSES } from "#lib/data/synth/ages.ts";
import { importDataset } from "#lib/host/dataset/import.ts";
import { imageLimitsHere } from "#lib/host/image-limits.ts";
import { interruptSignal } from "../../interrupt.ts";
import { ageTable } from "../../print/age-table.ts";
import { withProgress } from "../../print/progress.ts";
import { UsageError } from "../../usage-error.ts";
import { counted, list } from "./check.ts";
import { warnings } from "./splits.ts";

interface ImportFlags {
  readonly out: string;
  readonly link?: true;
  readonly copy?: true;
  readonly list?: readonly string[];
  readonly photos?: readonly string[];
}

export function importCommand(): Command {
  return new Command("import")
    .description("Make a dataset in petage's layout of the contest's, of mmpretrain's, or of folders named by months.")
    .argument("<source>", "the folder or archive that holds it; it stays as it is")
    .option("--out <folder>", "where to make it", "data/petimage")
    .option("--link", "link to the photos instead of copying them")
    .option("--copy", "copy the photos (default)")
    .option("--list <split=file...>", "the annotation file of a split, where it is not found")
    .option("--photos <split=folder...>", "the folder or archive of a split's photos, where it is not found")
    .addHelpText(
      "after",
      `
Found by themselves: annotations/train.txt with trainset/ (the contest's), meta/train.txt with train/ (mmpretrain's),
train/MONTHS/*; val and test alike; photos in folders, or in .zip and .tar. Lines end in a tab or a space and the months.

Examples:
  petage dataset import downloads/pet-age
  petage dataset import downloads/pet-age --out data/contest --link
  petage dataset import downloads --list train=labels/all.txt --photos train=photos.zip`,
    )
    .action(async (source: string, { out, link, copy, ...flags }: ImportFlags) => {
      if (link && copy) throw new UsageError("--link and --copy exclude each other");
      const options = {
        out,
        by: link ? "link" : "copy",
        lists: bySplit("--list", flags.list),
        photos: bySplit("--photos", flags.photos),
        decode: imageLimitsHere(),
        log: warnings(),
        signal: interruptSignal(),
      } as const;
      const splits = await withProgress([link ? "Linking" : "Copying", "photos"], (onProgress) =>
        importDataset(source, { ...options, onProgress }),
      );
      for (const { split, list: file, photos, samples, problems } of splits) {
        list(problems, problems.length, "left out: ");
        const of = file === undefined ? photos : `${photos} by ${file}`;
        process.stdout.write(`${split}: ${counted(samples.length, "photo")} of ${of}\n`);
      }
      const shown = splits.map(({ split, samples }) => ({
        name: split,
        labels: samples.flatMap(({ label }) => label ?? []),
      }));
      process.stdout.write(ageTable(shown, { numClasses: AGE_CLASSES }));
      const roots = splits.map(({ split }) => `${split}_dataloader.dataset.data_root=${out}`);
      const beyond = shown
        .filter(({ labels }) => labels.some((label) => label >= AGE_CLASSES))
        .map(({ name }) => `${name}_dataloader.dataset.labels_beyond=clip`);
      const check = [
        "petage",
        "dataset",
        "check",
        "resnet101_8xb32_petage",
        "--split",
        ...shown.map(({ name }) => name),
      ];
      process.stdout.write(`Next: ${shellCommand([...check, "--cfg-options", ...roots, ...beyond])}\n`);
    });
}

function bySplit(flag: string, words: readonly string[] = []): Partial<Record<SplitName, string>> {
  const entries = words.map((word): [SplitName, string] => {
    const at = word.indexOf("=");
    const split = (Object.keys(SPLIT_NAMES) as SplitName[]).find((name) => name === word.slice(0, at));
    if (split && at + 1 < word.length) return [split, word.slice(at + 1)];
    throw new PetageError("INVALID_ARGUMENT", `${flag} has "${word}", expected SPLIT=PATH, such as train=labels.txt`);
  });
  return Object.fromEntries(entries);
}
