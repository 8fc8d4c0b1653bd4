import cliProgress from "cli-progress";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import type { DatasetCheck } from "#lib/data/check.ts";
import { checkLocalDataset } from "#lib/host/thread/data-loader.ts";
import { imageLimitsHere } from "#lib/host/image-limits.ts";
import { createLogger } from "#lib/host/logger.ts";
import { interruptSignal } from "../interrupt.ts";
import { loadUserConfig } from "./config.ts";

const SPLITS = ["train", "val", "test"] as const;
type Split = (typeof SPLITS)[number];

interface CheckFlags {
  readonly split?: readonly string[];
  readonly cfgOptions?: readonly string[];
}

export function checkCommand(): Command {
  return new Command("check")
    .description("Look for all that would stop or spoil a training: bad lines and labels, missing and broken images.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .option("--split <split...>", `${SPLITS.join(", ")} (default: those that the config has)`)
    .option("--cfg-options <key=value...>", "overrides of the config")
    .addHelpText(
      "after",
      `
Ends with exit code 1 when there is a problem.

Examples:
  petage dataset check configs/resnet/resnet18_petage_quickstart.py
  petage dataset check resnet101_8xb32_petage --split val --cfg-options val_dataloader.dataset.data_root=photos`,
    )
    .action(async (config: string, flags: CheckFlags) => {
      const loaded = loadUserConfig(config, flags.cfgOptions ?? []);
      const signal = interruptSignal();
      for (const split of splitsOf(loaded, flags)) {
        const { sampleCount, problems, problemCount } = await checkSplit(loaded, split, signal);
        for (const problem of problems) process.stdout.write(`${problem.describe()}\n`);
        const unlisted = problemCount - problems.length;
        if (unlisted > 0) process.stdout.write(`... and ${unlisted} more\n`);
        const found = problemCount === 1 ? "1 problem" : `${problemCount} problems`;
        process.stdout.write(`${split}: ${sampleCount} images, ${found}\n`);
        if (problemCount > 0) process.exitCode = 1;
      }
    });
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
