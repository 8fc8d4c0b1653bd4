import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { makeFolder } from "#lib/system/folders.ts";
import { writeNamed } from "#lib/system/naming.ts";
import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { randomStream } from "#lib/base/random.ts";
import { abortReason } from "#lib/base/signals.ts";
import { AGE_CLASSES, drawAge } from "#lib/data/synth/ages.ts";
import { drawPet, PICTURE_UNITS } from "#lib/data/synth/draw.ts";
import { drawSheet } from "./synth-sheet.ts";

export interface SynthOptions {
  /** Folder to write; it is made, and must not hold anything else. */
  readonly out: string;
  /** Images in all; a tenth each goes to validation and test. */
  readonly count: number;
  readonly seed: number;
  /** annotation: `meta/SPLIT.txt` names images and months; folders: one folder for each month. */
  readonly layout: "annotation" | "folders";
  /** Width and height of the images. */
  readonly sizePx?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly count: number }) => void;
}

export interface SynthReport {
  readonly counts: Readonly<Record<Split, number>>;
  /** The picture of samples by age. */
  readonly sheet: string;
  /** Whether the same dataset was there already, so that nothing was drawn. */
  readonly reused: boolean;
}

const SPLITS = ["train", "val", "test"] as const;
type Split = (typeof SPLITS)[number];

/** What is drawn differently gets another version, so that an old dataset is not taken for a new one. */
const DRAWING_VERSION = 1;
const DEFAULT_SIZE_PX = 160;
const JPEG_QUALITY = 90;
/** Images rendered at a time: libuv's threads, which do the work. */
const MAX_RENDERS_IN_FLIGHT = 4;
/** The second key of the streams that ages are drawn from; pets are drawn from stream 0. */
const AGE_STREAM = 1;

interface Plan {
  readonly split: Split;
  readonly index: number;
  readonly name: string;
  readonly age: number;
}

/**
 * Draws a dataset of photos-to-be: dogs and cats whose ages follow the contest's labels. The same options give the
 * same bytes; where they have already, nothing is done.
 */
export async function synthesize(options: SynthOptions): Promise<SynthReport> {
  checkOptions(options);
  const plans = planImages(options);
  const count = (split: Split): number => plans.filter((plan) => plan.split === split).length;
  const counts = { train: count("train"), val: count("val"), test: count("test") };
  const report = { counts, sheet: join(options.out, "samples-by-age.png") };
  if (await isComplete(options)) return { ...report, reused: true };
  await writeStamp(options, false);
  await makeFolders(options, plans);
  await renderAll(options, plans);
  await writeMeta(options, plans);
  await writeNamed(report.sheet, await drawSheet(options.seed));
  await writeStamp(options, true);
  return { ...report, reused: false };
}

function checkOptions({ count, seed }: SynthOptions): void {
  if (!Number.isSafeInteger(count) || count < 10) {
    throw new PetageError("INVALID_ARGUMENT", `Cannot draw ${count} images: expected a whole number of at least 10`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new PetageError("INVALID_ARGUMENT", `The seed is ${seed}: expected a whole number of at least 0`);
  }
}

function planImages({ count, seed }: SynthOptions): Plan[] {
  const held = Math.round(count / 10);
  const digits = Math.max(5, String(count).length);
  return Array.from({ length: count }, (_, index) => ({
    split: index < count - 2 * held ? "train" : index < count - held ? "val" : "test",
    index,
    name: `pet-${String(index).padStart(digits, "0")}.jpg`,
    age: drawAge(randomStream(seed, index, AGE_STREAM)),
  }));
}

function relativePath({ name, age }: Plan, { layout }: SynthOptions): string {
  return layout === "folders" ? join(String(age), name) : name;
}

async function makeFolders(options: SynthOptions, plans: readonly Plan[]): Promise<void> {
  const folders = new Set(plans.map((plan) => join(plan.split, relativePath(plan, options), "..")));
  for (const folder of [...folders, "meta"]) await makeFolder(join(options.out, folder));
}

async function renderAll(options: SynthOptions, plans: readonly Plan[]): Promise<void> {
  const { out, seed, signal, sizePx = DEFAULT_SIZE_PX, onProgress } = options;
  let done = 0;
  await mapLimited(plans, MAX_RENDERS_IN_FLIGHT, async (plan) => {
    if (signal?.aborted) throw abortReason(signal);
    const svg = drawPet(plan.age, randomStream(seed, plan.index));
    await writeNamed(join(out, plan.split, relativePath(plan, options)), await renderJpeg(svg, sizePx));
    onProgress?.({ done: ++done, count: plans.length });
  });
}

function renderJpeg(svg: string, sizePx: number): Promise<Buffer> {
  const density = (72 * sizePx) / PICTURE_UNITS;
  return sharp(Buffer.from(svg), { density })
    .resize(sizePx, sizePx)
    .removeAlpha()
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}

async function writeMeta(options: SynthOptions, plans: readonly Plan[]): Promise<void> {
  const meta = join(options.out, "meta");
  const classes = Array.from({ length: AGE_CLASSES }, (_, month) => `${month}\n`);
  await writeNamed(join(meta, "classes.txt"), classes.join(""));
  if (options.layout === "folders") return;
  for (const split of SPLITS) {
    const lines = plans.filter((plan) => plan.split === split).map(({ name, age }) => `${name}\t${age}\n`);
    await writeNamed(join(meta, `${split}.txt`), lines.join(""));
  }
}

const STAMP = "synth.json";

function stamp({ count, seed, layout, sizePx = DEFAULT_SIZE_PX }: SynthOptions, complete: boolean): string {
  return `${JSON.stringify({ drawnBy: "petage dataset synth", version: DRAWING_VERSION, count, seed, layout, sizePx, complete }, null, 2)}\n`;
}

async function writeStamp(options: SynthOptions, complete: boolean): Promise<void> {
  await makeFolder(options.out);
  const path = join(options.out, STAMP);
  await writeNamed(`${path}.tmp`, stamp(options, complete));
  await rename(`${path}.tmp`, path);
}

/** Throws unless the folder is new, or holds (a part of) just this dataset. */
async function isComplete(options: SynthOptions): Promise<boolean> {
  const names: readonly string[] = await readdir(options.out).catch(() => []);
  if (names.length === 0) return false;
  const found = names.includes(STAMP) ? await readFile(join(options.out, STAMP), "utf8") : undefined;
  if (found === stamp(options, true)) return true;
  if (found === stamp(options, false)) return false;
  const what = found === undefined ? "other files" : "a dataset drawn with other options";
  throw new PetageError("FAILED_PRECONDITION", `The folder ${options.out} holds ${what}`, {
    hint: "Name another folder, or remove this one",
  });
}
