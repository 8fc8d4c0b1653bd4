import { Command, Option } from "commander";
import { synthesize } from "#lib/host/pictures/synth.ts";
import type { SynthReport } from "#lib/host/pictures/synth.ts";
import { interruptSignal } from "../../interrupt.ts";
import { wholeNumber } from "../../numbers.ts";
import { withProgress } from "../../print/progress.ts";

interface SynthFlags {
  readonly out: string;
  readonly count: number;
  readonly seed: number;
  readonly size: number;
  readonly layout: "annotation" | "folders";
}

export function synthCommand(): Command {
  return new Command("synth")
    .description("Draw a small pet-age dataset: photos-to-be of a pet whose looks depend on its age.")
    .option("--out <folder>", "where to write it", "data/petimage")
    .option("--count <number>", "images in all; a tenth each goes to val and test", wholeNumber, 1200)
    .option("--seed <number>", "the same seed draws the same pictures", wholeNumber, 0)
    .option("--size <pixels>", "width and height of the images", wholeNumber, 160)
    .addOption(
      new Option("--layout <layout>", "meta/*.txt beside train/ val/ test/, or one folder a month")
        .choices(["annotation", "folders"])
        .default("annotation"),
    )
    .addHelpText("after", "\nExample:\n  petage dataset synth --out data/petimage --count 1200 --seed 0")
    .action(async (flags: SynthFlags) => {
      const report = await drawDataset(flags, interruptSignal());
      const { train, val, test } = report.counts;
      process.stdout.write(
        `${flags.out}: ${train} train, ${val} val, ${test} test images${report.reused ? " (there already)" : ""}\n` +
          `Samples by age: ${report.sheet}\n` +
          "Next: petage train configs/resnet/resnet18_petage_quickstart.py --nproc 2\n",
      );
    });
}

/** Draws with a progress bar. */
export async function drawDataset(flags: SynthFlags, signal: AbortSignal): Promise<SynthReport> {
  const { size: sizePx, ...rest } = flags;
  return await withProgress(["Drawing", "images"], (onProgress) => synthesize({ ...rest, sizePx, signal, onProgress }));
}
