import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Command } from "commander";
import { makeFolder } from "#lib/system/folders.ts";
import { writeNamed } from "#lib/system/naming.ts";
import { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { parseLabelled, splitLines } from "#lib/data/datasets/annotation.ts";
import { PROJECT_ROOT } from "#lib/host/paths.ts";
import { durationMs } from "#lib/rpc/time.ts";
import { constantBaseline } from "#lib/metrics/baseline.ts";
import { findModel } from "#lib/store/find-model.ts";
import { interruptSignal } from "../interrupt.ts";
import { askedOf } from "../service.ts";
import { formatAge, table } from "../print/table.ts";
import { drawDataset } from "./dataset/synth.ts";
import { startInference } from "./predict.ts";
import { test } from "./test.ts";
import { train } from "./train.ts";

const CONFIG = "configs/resnet/resnet18_petage_quickstart.py";
const DATASET = { out: "data/petimage", count: 1200, seed: 0, size: 160, layout: "annotation" } as const;
const WORKERS = 2;
const WARM_UP_PHOTOS = 3;
const RESULTS = "work_dirs/quickstart";

export function quickstartCommand(): Command {
  return new Command("quickstart")
    .description("See the whole product work, in a few minutes: draw a dataset, train on two workers, test, predict.")
    .addHelpText("after", "\nExample:\n  petage quickstart")
    .action(async () => {
      const signal = interruptSignal();
      process.chdir(PROJECT_ROOT);
      const clock = new Stopwatch();
      say("1/4 Drawing a dataset");
      const drawn = await drawDataset(DATASET, signal);
      clock.lap("dataset");
      say(`2/4 Training ${CONFIG} on ${WORKERS} workers`);
      const { runDir, imagesPerSecond } = await trainModel(signal);
      clock.lap("train");
      const model = (await findModel(runDir)) ?? runDir;
      say(`3/4 Testing ${relative(".", model)}`);
      const outcome = await test(CONFIG, model, { out: await resultFile() }, signal);
      clock.lap("test");
      say("4/4 Predicting photos through the inference service");
      const photos = await labelsOf(DATASET.out, "test");
      const predictMs = await predictPhotos(model, photos);
      clock.lap("predict");
      const baseline = await baselineOf(DATASET.out);
      const summary = {
        maeMonths: outcome.result.metrics["petage/mae_median"] ?? NaN,
        baselineMaeMonths: baseline.maeMonths,
        baselineMonths: baseline.months,
        trainImagesPerSecond: imagesPerSecond,
        predictP50Ms: percentile(predictMs, 0.5),
        predictP99Ms: percentile(predictMs, 0.99),
        seconds: clock.totalSeconds,
        parts: clock.laps,
        workers: WORKERS,
        testImages: outcome.result.sampleCount,
        samples: drawn.sheet,
        runDir,
        model,
        result: `${RESULTS}/result.csv`,
      };
      await writeNamed(`${RESULTS}/summary.json`, `${JSON.stringify(summary, null, 2)}\n`);
      process.stdout.write(describe(summary, photos));
    });
}

function say(text: string): void {
  process.stderr.write(`\n== ${text}\n`);
}

async function resultFile(): Promise<string> {
  await makeFolder(RESULTS);
  return `${RESULTS}/result.csv`;
}

async function trainModel(signal: AbortSignal): Promise<{ runDir: string; imagesPerSecond: number }> {
  const job = await train(CONFIG, { nproc: WORKERS }, signal);
  const { phase, message, workDir = "" } = job.status ?? {};
  if (phase !== "Succeeded") {
    throw new PetageError("PROCESS_FAILED", `Training did not succeed: ${message}`, {
      hint: `Its log is in ${workDir}`,
    });
  }
  return { runDir: relative(".", workDir), imagesPerSecond: await meanSpeed(workDir) };
}

/** Images per second over all logged iterations, by the time of each. */
async function meanSpeed(runDir: string): Promise<number> {
  const lines = (await readFile(join(runDir, "scalars.json"), "utf8")).trim().split("\n");
  const times = lines.map((line) => JSON.parse(line) as { loss?: number; time?: number });
  const iterations = times.flatMap(({ loss, time }) => (loss === undefined || time === undefined ? [] : [time]));
  const batch = 32 * WORKERS;
  return batch / (iterations.reduce((sum, time) => sum + time, 0) / iterations.length);
}

interface Photo {
  readonly path: string;
  readonly months: number;
}

async function labelsOf(dataset: string, split: string): Promise<Photo[]> {
  const file = join(dataset, "meta", `${split}.txt`);
  const lines = splitLines(await readFile(file, "utf8"), file).map(parseLabelled);
  return lines.map(({ path, label }) => ({ path: join(dataset, split, path), months: label ?? NaN }));
}

/** What always answering the median age of the training photos would be off by. */
async function baselineOf(dataset: string): Promise<{ months: number; maeMonths: number }> {
  const months = async (split: string): Promise<Int32Array> =>
    Int32Array.from((await labelsOf(dataset, split)).map((photo) => photo.months));
  return constantBaseline(await months("train"), await months("test"));
}

/** Times of Predict as the caller sees them, ms. */
async function predictPhotos(model: string, photos: readonly Photo[]): Promise<number[]> {
  await using inference = await startInference({ checkpoint: model });
  const times: number[] = [];
  for (const [index, { path, months }] of photos.entries()) {
    const image = await readFile(path);
    const started = performance.now();
    const { estimate, timing } = await askedOf(inference.process, inference.client.predict({ image, requestId: path }));
    if (index >= WARM_UP_PHOTOS) times.push(performance.now() - started);
    if (index < WARM_UP_PHOTOS) {
      const guess = `${formatAge(estimate?.ageMonths ?? NaN)}, in truth ${formatAge(months)}`;
      process.stderr.write(`${path}: ${guess} (${durationMs(timing?.total)?.toFixed(1)} ms)\n`);
    }
  }
  return times;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

class Stopwatch {
  readonly #begin = performance.now();
  #last = this.#begin;
  readonly laps: Record<string, number> = {};

  lap(name: string): void {
    const now = performance.now();
    this.laps[name] = Number(((now - this.#last) / 1000).toFixed(1));
    this.#last = now;
  }

  get totalSeconds(): number {
    return Number(((performance.now() - this.#begin) / 1000).toFixed(1));
  }
}

interface Summary {
  readonly maeMonths: number;
  readonly baselineMaeMonths: number;
  readonly baselineMonths: number;
  readonly trainImagesPerSecond: number;
  readonly predictP50Ms: number;
  readonly predictP99Ms: number;
  readonly seconds: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly samples: string;
  readonly runDir: string;
  readonly model: string;
  readonly result: string;
}

function describe(summary: Summary, photos: readonly Photo[]): string {
  const share = Math.round((summary.maeMonths / summary.baselineMaeMonths) * 100);
  const constant = `always ${formatAge(summary.baselineMonths)}: ${summary.baselineMaeMonths.toFixed(1)} months`;
  const rows = [
    ["Mean error on the test photos", `${summary.maeMonths.toFixed(1)} months (${share} % of the baseline)`],
    ["Baseline", constant],
    ["Training", `${summary.trainImagesPerSecond.toFixed(0)} images/s on ${WORKERS} workers`],
    ["Predict, one photo", `p50 ${summary.predictP50Ms.toFixed(1)} ms, p99 ${summary.predictP99Ms.toFixed(1)} ms`],
    [
      "Time",
      Object.entries(summary.parts)
        .map(([part, seconds]) => `${part} ${seconds} s`)
        .join(", "),
    ],
    ["In all", `${summary.seconds} s`],
    ["Samples by age", summary.samples],
    ["Loss curve", join(summary.runDir, "loss_curve.png")],
    ["Model", summary.model],
    ["Predictions", summary.result],
    ["Summary", join(dirname(summary.result), "summary.json")],
  ];
  return `\n${table(rows)}\n\nNext: ${shellCommand(["petage", "predict", photos[0]?.path ?? ""])}\n`;
}
