import cliProgress from "cli-progress";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import { MAX_LISTED_PROBLEMS, type DatasetCheck } from "#lib/data/check.ts";
import { checkCopies } from "#lib/data/check-copies.ts";
import { headNumClasses } from "#lib/data/head-classes.ts";
import { checkLocalDataset } from "#lib/host/thread/data-loader.ts";
import { imageLimitsHere } from "#lib/host/image-limits.ts";
import { createLogger } from "#lib/host/logger.ts";
import { interruptSignal } from "../interrupt.ts";
import { ageTable } from "../print/age-table.ts";
import { loadUserConfig } from "./config.ts";

const SPLITS = ["train", "val", "test"] as const;
type Split = (typeof SPLITS)[number];

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
      for (const name of splitsOf(loaded, flags)) {
        const check = await checkSplit(loaded, name, signal);
        checked.push({ name, ...check });
        list(check.problems, check.problemCount);
        process.stdout.write(`${name}: ${check.sampleCount} images, ${counted(check.problemCount, "problem")}\n`);
      }
      const { problems, warnings, isPartial } = checkCopies(checked);
      list(problems, problems.length);
      list(warnings, warnings.length, "warning: ");
      if (isPartial) process.stdout.write("warning: there are too many photos to compare each with each other\n");
      process.stdout.write(`copies: ${counted(problems.length, "problem")}, ${counted(warnings.length, "warning")}\n`);
      process.stdout.write(ageTable(checked, { numClasses: headNumClasses(configNode(loaded)) }));
      const isBad = problems.length > 0 || checked.some(({ problemCount }) => problemCount > 0);
      if (isBad || (flags.strict && warnings.length > 0)) process.exitCode = 1;
    });
}

/** @param count of all, of which a part may be listed */
function list(problems: readonly PetageError[], count: number, prefix = ""): void {
  const listed = problems.slice(0, MAX_LISTED_PROBLEMS);
  for (const problem of listed) process.stdout.write(`${prefix}${problem.describe()}\n`);
  if (count > listed.length) process.stdout.write(`... and ${count - listed.length} more\n`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function splitsOf({ value }: LoadedConfig, { split }: CheckFlags): Split[] {
  const has = (name: Split): boolean => Boolean(value[`${name}_dataloader`]);
  if (split === undefined) return SPLITS.filter(has);
  return split.map((wanted) => {
    const known = SPLITS.find((name) => name === wanted);
    if (known && has(known)) return known;
    const available = SPLITS.filter(has).join(", ") || "none";
    throw new PetageError("INVALID_ARGUMENT", `There is no split ${wanted}`, { hint: `The config has: ${available}` });
  });
}

async function checkSplit(config: LoadedConfig, split: Split, signal: AbortSignal): Promise<DatasetCheck> {
  const write = (line: string): void => void process.stderr.write(line);
  const log = createLogger({ name: "petage", format: "pretty", level: "warn", write });
  const bar = new cliProgress.SingleBar({
    format: `Checking ${split} {bar} {value}/{total} images`,
    hideCursor: null,
    clearOnComplete: true,
  });
  bar.start(0, 0);
  try {
    return await checkLocalDataset(configNode(config, `${split}_dataloader.dataset`), {
      log,
      signal,
      decode: imageLimitsHere(),
      onProgress({ done, count }) {
        bar.setTotal(count);
        bar.update(done);
      },
    });
  } finally {
    bar.stop();
  }
}
