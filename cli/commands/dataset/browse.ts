import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import { seedOf } from "#lib/data/seed.ts";
import { browseDataset, MAX_DRAWS, MAX_PHOTOS } from "#lib/host/dataset/browse.ts";
import { imageLimitsHere } from "#lib/host/image-limits.ts";
import { wholeNumber } from "../../numbers.ts";
import { withProgress } from "../../print/progress.ts";
import { loadUserConfig } from "../config.ts";
import { datasetNode, SPLITS, splitsOf, warnings } from "./splits.ts";

interface BrowseFlags {
  readonly split: string;
  readonly out: string;
  readonly count: number;
  readonly draws: number;
  readonly seed?: number;
  readonly cfgOptions?: readonly string[];
}

export function browseCommand(): Command {
  return new Command("browse")
    .description("Draw photos of a dataset beside what its pipeline makes of them: a page, and sheets as PNG.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .option("--split <split>", SPLITS.join(", "), "train")
    .option("--out <folder>", "where to write index.html and sheet-*.png", "work_dirs/browse")
    .option("--count <number>", `photos, spread over the ages; at most ${MAX_PHOTOS}`, wholeNumber, 24)
    .option("--draws <number>", `how often each goes through the pipeline; at most ${MAX_DRAWS}`, wholeNumber, 4)
    .option("--seed <number>", "of the random choices (default: the config's)", wholeNumber)
    .option("--cfg-options <key=value...>", "overrides of the config")
    .addHelpText(
      "after",
      `
The pictures are made as training makes them: the draws are those of its first epochs with this seed.

Examples:
  petage dataset browse configs/resnet/resnet18_petage_quickstart.py
  petage dataset browse resnet101_8xb32_petage --split val --draws 1 --out val-photos`,
    )
    .action(async (config: string, flags: BrowseFlags) => {
      const { out, count, draws } = flags;
      for (const [flag, value, most] of [
        ["--count", count, MAX_PHOTOS],
        ["--draws", draws, MAX_DRAWS],
      ] as const) {
        if (value >= 1 && value <= most) continue;
        throw new PetageError("INVALID_ARGUMENT", `${flag} is ${value}, expected 1 to ${most}`);
      }
      const loaded = loadUserConfig(config, flags.cfgOptions ?? []);
      const [split = "train"] = splitsOf(loaded, [flags.split]);
      const seed = flags.seed ?? seedOf(loaded);
      const options = { out, count, draws, seed, title: `${config}: ${split}`, decode: imageLimitsHere() };
      const report = await withProgress(["Drawing", "photos"], (onProgress) =>
        browseDataset(datasetNode(loaded, split), { ...options, log: warnings(), build: buildComponent, onProgress }),
      );
      process.stdout.write(
        `${split}: ${report.photoCount} of ${report.sampleCount} photos\nPage: ${report.page}\nSheets: ${report.sheets.join(" ")}\n` +
          `Next: open ${report.page} in a browser\n`,
      );
    });
}
