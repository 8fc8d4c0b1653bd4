import { resolve } from "node:path";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { leafDatasets } from "#lib/data/datasets/nested.ts";
import type { Part } from "#lib/data/split.ts";
import { writeSplit } from "#lib/host/dataset/split.ts";
import { interruptSignal } from "../../interrupt.ts";
import { wholeNumber } from "../../numbers.ts";
import { ageTable } from "../../print/age-table.ts";
import { loadUserConfig } from "../config.ts";
import { checkSplit, counted, list } from "./check.ts";
import { datasetNode, SPLITS, splitsOf } from "./splits.ts";

interface SplitFlags {
  readonly from: string;
  readonly parts: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly cfgOptions?: readonly string[];
}

export function splitCommand(): Command {
  return new Command("split")
    .description("Split a dataset anew: all ages alike in each part, copies of a photo in one part.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .requiredOption("--out <folder>", "where to write an annotation file for each part")
    .option("--from <split>", `whose photos: ${SPLITS.join(", ")}`, "train")
    .option("--parts <name=share...>", "the parts, their shares in any unit", ["train=80", "val=10", "test=10"])
    .option("--seed <number>", "the same seed makes the same split", wholeNumber, 0)
    .option("--cfg-options <key=value...>", "overrides of the config")
    .addHelpText(
      "after",
      `
Photos stay where they are: only annotation files are written. Photos that have a problem are left out.

Examples:
  petage dataset split configs/resnet/resnet18_petage_quickstart.py --out data/petimage/split
  petage dataset split photos.py --out folds --parts a=1 b=1 c=1 --seed 7`,
    )
    .action(async (config: string, flags: SplitFlags) => {
      const parts = partsOf(flags.parts);
      const loaded = loadUserConfig(config, flags.cfgOptions ?? []);
      const [from = "train"] = splitsOf(loaded, [flags.from]);
      if (leafDatasets(datasetNode(loaded, from)).length > 1) {
        throw new PetageError("INVALID_ARGUMENT", `${from} joins several datasets, whose photos one list cannot name`, {
          hint: "Split each of them by itself",
        });
      }
      const { photos, problems, problemCount } = await checkSplit(loaded, from, interruptSignal());
      list(problems, problemCount, "left out: ");
      const report = await writeSplit(photos, { out: flags.out, parts, seed: flags.seed });
      for (const { path, count } of report.parts) process.stdout.write(`${path}: ${counted(count, "photo")}\n`);
      process.stdout.write(`${counted(report.copies, "group")} of copies, each in one part\n${ageTable(report.parts)}`);
      process.stdout.write(`Next: ${nextCommand(config, report.parts, datasetNode(loaded, from), flags)}\n`);
    });
}

/** `train=80`, `val=10`, ...; shares of all. @throws INVALID_ARGUMENT */
function partsOf(words: readonly string[]): Part[] {
  const parts = words.map((word) => {
    const [, name, text] = /^([\w-]+)=(\d+(?:\.\d+)?)$/.exec(word) ?? [];
    if (name !== undefined && Number(text) > 0) return { name, share: Number(text) };
    throw new PetageError("INVALID_ARGUMENT", `--parts has "${word}", expected NAME=SHARE, such as train=80`);
  });
  if (new Set(parts.map(({ name }) => name)).size < parts.length) {
    throw new PetageError("INVALID_ARGUMENT", `--parts names a part twice: ${words.join(" ")}`);
  }
  const sum = parts.reduce((total, { share }) => total + share, 0);
  return parts.map(({ name, share }) => ({ name, share: share / sum }));
}

/** Training on the parts that are called as the splits of configs. */
function nextCommand(
  config: string,
  parts: readonly { readonly name: string; readonly path: string }[],
  dataset: ConfigNode,
  { cfgOptions = [] }: SplitFlags,
): string {
  const keys = ["data_root", "data_prefix"].flatMap((key) => {
    const { value } = dataset.child(key);
    return typeof value === "string" ? [[key, value] as const] : [];
  });
  const overrides = SPLITS.flatMap((split) => {
    const part = parts.find(({ name }) => name === split);
    const settings = [...keys, ["ann_file", resolve(part?.path ?? "")] as const];
    return part ? settings.map(([key, value]) => `${split}_dataloader.dataset.${key}=${value}`) : [];
  });
  return shellCommand(["petage", "train", config, "--cfg-options", ...cfgOptions, ...overrides]);
}
