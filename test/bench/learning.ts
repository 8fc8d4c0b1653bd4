import { execFile } from "node:child_process";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import { PROJECT_ROOT } from "#lib/host/paths.ts";
import { synthesize } from "#lib/host/pictures/synth.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { startPeer } from "./contestant.ts";
import { drawLearning } from "./learning-picture.ts";
import { inScratchFolder } from "./scratch.ts";

interface Seed {
  readonly seed: number;
}

interface Learned {
  /** Mean absolute error on the validation photos, after each epoch. */
  readonly maeMonths: readonly number[];
}

/** How a side learns from a seed. */
type Learn = (request: Seed) => Promise<Learned>;

const PETAGE = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const THEIRS = new URL("peer_learning.py", import.meta.url);
const CONFIG = join(PROJECT_ROOT, "configs/resnet/resnet18_petage_quickstart.py");
const PICTURE = join(PROJECT_ROOT, "docs/images/learning.svg");
const PEER = "PyTorch";

const SIZES = {
  // The quickstart's photos and epochs.
  full: { photos: 1200, epochs: 12, seeds: 3 },
  tiny: { photos: 20, epochs: 1, seeds: 1 },
} as const;

/** The quickstart's training with one worker; seeds take turns, since only errors are measured. */
export const learning: Benchmark = {
  about: "the quickstart's training, from several seeds: MAE after each epoch, as a picture, too (peer: PyTorch)",
  run: (context) =>
    inScratchFolder(async function* (folder): AsyncGenerator<Measurement> {
      const { photos: count, epochs } = SIZES[context.size];
      const photos = join(folder, "pets");
      await synthesize({ out: photos, count, seed: 0, layout: "annotation" });
      const setup = { photos, epochs };
      await using peer = await startPeer<Seed, Learned>(context, { name: PEER, program: THEIRS, setup });
      const curves = await learnAll(context, {
        compiled: (request) => train({ ...setup, ...request, folder, flags: [] }),
        eager: (request) => train({ ...setup, ...request, folder, flags: ["--eager"] }),
        ...(peer && { [PEER]: (request: Seed) => peer.ask(request) }),
      });
      const picture = context.size === "full" ? PICTURE : join(folder, "learning.svg");
      await writeFile(picture, drawLearning(curves));
      context.say(`drawn: ${picture}`);
      for (const mode of ["compiled", "eager"]) {
        const value = finalOf(curves[mode]);
        const beside = peer && { name: PEER, value: finalOf(curves[PEER]) };
        yield { case: `final MAE, ${mode}`, value, unit: "months", peer: beside };
      }
    }),
};

/** Of each side the errors of every seed: [seed][epoch]. */
async function learnAll(
  { size, seeds = SIZES[size].seeds, say }: BenchContext,
  sides: Readonly<Record<string, Learn>>,
): Promise<Record<string, (readonly number[])[]>> {
  if (seeds === 0) throw new PetageError("INVALID_ARGUMENT", "Learning needs at least one seed");
  const curves: Record<string, (readonly number[])[]> = {};
  for (let seed = 0; seed < seeds; seed++) {
    for (const [name, learn] of Object.entries(sides)) {
      const { maeMonths } = await learn({ seed });
      say(`seed ${seed}, ${name}: ${maeMonths.map((months) => months.toFixed(1)).join(" ")} months`);
      (curves[name] ??= []).push(maeMonths);
    }
  }
  return curves;
}

/** The mean over the seeds of the error after the last epoch. */
function finalOf(curves: readonly (readonly number[])[] = []): number {
  return curves.reduce((sum, errors) => sum + defined(errors.at(-1), "an epoch"), 0) / curves.length;
}

interface Training extends Seed {
  readonly photos: string;
  readonly epochs: number;
  readonly folder: string;
  readonly flags: readonly string[];
}

/** As a user trains; the errors are read from the records of its run. */
async function train({ photos, epochs, seed, folder, flags }: Training): Promise<Learned> {
  const workDir = join(folder, ["run", seed, ...flags].join("-"));
  const options = [
    `train_dataloader.dataset.data_root=${photos}`,
    `val_dataloader.dataset.data_root=${photos}`,
    `train_cfg.max_epochs=${epochs}`,
    `randomness.seed=${seed}`,
  ];
  const args = ["train", CONFIG, "--work-dir", workDir, ...flags, "--cfg-options", ...options];
  await promisify(execFile)(process.execPath, ["--import", "tsx", PETAGE, ...args], { maxBuffer: Infinity });
  const files = await readdir(workDir, { recursive: true });
  const scalars = defined(
    files.find((file) => file.endsWith("scalars.json")),
    "the records of a run",
  );
  const lines = (await readFile(join(workDir, scalars), "utf8")).trim().split("\n");
  const records = lines.map((line) => JSON.parse(line) as Readonly<Record<string, number>>);
  return { maeMonths: records.flatMap((record) => record["petage/mae_median"] ?? []) };
}
