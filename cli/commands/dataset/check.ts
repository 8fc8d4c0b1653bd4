import { Command } from "commander";
import type { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import { MAX_LISTED_PROBLEMS, type DatasetCheck } from "#lib/data/check.ts";
import { checkCopies } from "#lib/data/check-copies.ts";
import { headNumClasses } from "#lib/data/head-classes.ts";
import { checkLocalDataset } from "#lib/host/thread/data-loader.ts";
import { imageLimitsHere } from "#lib/host/image-limits.ts";
import { interruptSignal } from "../../interrupt.ts";
import { ageTable } from "../../print/age-table.ts";
import { withProgress } from "../../print/progress.ts";
import { loadUserConfig } from "../config.ts";
import { datasetNode, SPLITS, splitsOf, warnings, type Split } from "./splits.ts";

interface CheckFlags {
  readonly split?: readonly string[];
  readonly strict?: true;
  readonly cfgOptions?: readonly string[];
}

export function checkCommand(): Command {
  return new Command("check")
    .description("Look for all that would stop or spoil a training: bad labels, broken images, copies of a photo.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .option("--split <split...>", `${SPLITS.join(", ")} (default: those that the config has)`)
    .option("--strict", "warnings are problems, too")
    .option("--cfg-options <key=value...>", "overrides of the config")
    .addHelpText(
      "after",
      `
Problems are bad lines and labels, missing, repeated and broken images, and equal files in two splits or of two ages.
Warnings are photos that only look the same, in two splits or of two ages, and equal files of one age in one split.
Ends with exit code 1 when there is a problem.

Examples:
  petage dataset check configs/resnet/resnet18_petage_quickstart.py
  petage dataset check resnet101_8xb32_petage --split val --cfg-options val_dataloader.dataset.data_root=photos`,
    )
    .action(async (config: string, flags: CheckFlags) => {
      const loaded = loadUserConfig(config, flags.cfgOptions ?? []);
      const signal = interruptSignal();
      const checked: (DatasetCheck & { readonly name: Split })[] = [];
      for (const name of splitsOf(loaded, flags.split)) {
        const twin = twinOf(loaded, name, checked);
        if (twin !== undefined) {
          process.stdout.write(`${name}: the dataset of ${twin}\n`);
          continue;
        }
        const check = await checkSplit(loaded, name, signal);
        checked.push({ name, ...check });
        list(check.problems, check.problemCount);
        process.stdout.write(`${name}: ${check.sampleCount} images, ${counted(check.problemCount, "problem")}\n`);
      }
      const copies = checkCopies(checked);
      list(copies.problems, copies.problems.length);
      list(copies.warnings, copies.warnings.length, "warning: ");
      if (copies.isPartial) process.stdout.write("warning: there are too many photos to compare all by their looks\n");
      const [problems, doubts] = [
        counted(copies.problems.length, "problem"),
        counted(copies.warnings.length, "warning"),
      ];
      process.stdout.write(`copies: ${problems}, ${doubts}\n`);
      process.stdout.write(ageTable(checked, { numClasses: headNumClasses(configNode(loaded)) }));
      const isBad = copies.problems.length > 0 || checked.some(({ problemCount }) => problemCount > 0);
      if (isBad || (flags.strict && copies.warnings.length > 0)) process.exitCode = 1;
      else process.stdout.write(`Next: ${trainCommand(config, flags)}\n`);
    });
}

function trainCommand(config: string, { cfgOptions = [] }: CheckFlags): string {
  const overrides = cfgOptions.length > 0 ? ["--cfg-options", ...cfgOptions] : [];
  return shellCommand(["petage", "train", config, ...overrides]);
}

/** The split with the very same dataset: configs often test what they validate on, which leaks nothing. */
function twinOf(config: LoadedConfig, split: Split, checked: readonly { readonly name: Split }[]): Split | undefined {
  const textOf = (name: Split): string => JSON.stringify(datasetNode(config, name).value);
  return checked.find(({ name }) => name !== "train" && textOf(name) === textOf(split))?.name;
}

/** What is wrong with one split of a config, under a bar. */
export async function checkSplit(config: LoadedConfig, split: Split, signal: AbortSignal): Promise<DatasetCheck> {
  return await withProgress([`Checking ${split}`, "images"], (onProgress) =>
    checkLocalDataset(datasetNode(config, split), { log: warnings(), signal, decode: imageLimitsHere(), onProgress }),
  );
}

/** @param count of all, of which a part may be listed */
export function list(problems: readonly PetageError[], count: number, prefix = ""): void {
  const listed = problems.slice(0, MAX_LISTED_PROBLEMS);
  for (const problem of listed) process.stdout.write(`${prefix}${problem.describe()}\n`);
  if (count > listed.length) process.stdout.write(`... and ${count - listed.length} more\n`);
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
