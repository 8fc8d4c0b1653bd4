import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { randomStream } from "#lib/base/random.ts";
import type { Build } from "#lib/config/component/component.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import { pipelineNodes } from "#lib/data/datasets/nested.ts";
import { decodeImage } from "#lib/data/decode.ts";
import { headNumClasses } from "#lib/data/head-classes.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { buildPipelines, type Pipeline } from "#lib/data/pipeline.ts";
import { swapRedAndBlue } from "#lib/data/pixels.ts";
import { resize } from "#lib/data/resize.ts";
import type { Image, SampleInfo } from "#lib/data/types.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { makeFolder } from "#lib/system/folders.ts";
import { writeNamed } from "#lib/system/naming.ts";
import type { Log } from "#lib/base/log.ts";
import { page } from "./browse-page.ts";
import { CELL_PX, type BrowseRow } from "./browse-row.ts";
import { drawSheet } from "./browse-sheet.ts";

export interface BrowseOptions {
  /** Folder to write to; sheets of an earlier call in it are replaced. */
  readonly out: string;
  /** What is shown, for the title. */
  readonly title: string;
  /** Photos that are shown, spread over the ages. */
  readonly count: number;
  /** How often the pipeline is applied to each: as in so many epochs. */
  readonly draws: number;
  readonly seed: number;
  readonly decode: ImageLimits;
  readonly log: Log;
  readonly build: Build;
  readonly onProgress?: (progress: { readonly done: number; readonly count: number }) => void;
}

export interface BrowseReport {
  readonly page: string;
  readonly sheets: readonly string[];
  readonly photoCount: number;
  readonly sampleCount: number;
}

export const MAX_PHOTOS = 500;
export const MAX_DRAWS = 16;
const ROWS_OF_A_SHEET = 8;
/** Photos worked on at a time. */
const MAX_PHOTOS_IN_FLIGHT = 2;

/** Writes contact sheets, and a page that needs nothing else, of photos beside what a dataset's pipeline makes of them. */
export async function browseDataset(node: ConfigNode, options: BrowseOptions): Promise<BrowseReport> {
  const { out, count, draws, seed, decode, log, build, onProgress, title } = options;
  const files = localDataFiles();
  const { samples } = await build(datasets, node, { files, log, headNumClasses: headNumClasses(node) });
  const pipeline = buildPipelines(pipelineNodes(node), { read: files.read.bind(files), decode }, build);
  const chosen = spreadOverAges(samples, count);
  let done = 0;
  const rows = await mapLimited(chosen, MAX_PHOTOS_IN_FLIGHT, async (index): Promise<BrowseRow> => {
    const info = defined(samples[index], "a sample that was chosen");
    const row = await rowOf(info, {
      index,
      draws,
      seed,
      pipeline,
      decode,
      read: (path) => files.read(path, decode.maxImageBytes),
    });
    onProgress?.({ done: ++done, count: chosen.length });
    return row;
  });
  await makeFolder(out);
  await removeSheets(out);
  const sheets: string[] = [];
  for (let from = 0; from < rows.length; from += ROWS_OF_A_SHEET) {
    const path = join(out, `sheet-${sheets.length + 1}.png`);
    await writeNamed(path, await drawSheet(rows.slice(from, from + ROWS_OF_A_SHEET)));
    sheets.push(path);
  }
  const path = join(out, "index.html");
  await writeNamed(path, page(rows, { title, sampleCount: samples.length, seed }));
  return { page: path, sheets, photoCount: rows.length, sampleCount: samples.length };
}

/** Positions of samples at equal distances, where all stand from the youngest to the oldest. */
function spreadOverAges(samples: readonly SampleInfo[], count: number): number[] {
  const byAge = samples
    .map((_, index) => index)
    .toSorted((a, b) => (samples[a]?.label ?? -1) - (samples[b]?.label ?? -1));
  const shown = Math.min(count, byAge.length);
  if (shown === 1) return byAge.slice(0, 1);
  return Array.from({ length: shown }, (_, at) => byAge[Math.round((at * (byAge.length - 1)) / (shown - 1))] ?? 0);
}

interface RowOptions {
  readonly index: number;
  readonly draws: number;
  readonly seed: number;
  readonly pipeline: Pipeline;
  readonly decode: ImageLimits;
  read(path: string): Promise<Uint8Array>;
}

async function rowOf(info: SampleInfo, options: RowOptions): Promise<BrowseRow> {
  const { index, draws, seed, pipeline, decode, read } = options;
  try {
    const bytes = await read(info.path);
    const original = await pictureOf(await decodeImage(bytes, decode));
    const drawn: (Buffer | string)[] = [];
    for (let epoch = 0; epoch < draws; epoch++) {
      drawn.push(
        await orReason(
          pipeline({ info, index, bytes }, randomStream(seed, epoch, index)).then(({ image }) =>
            pictureOf(defined(image, "an image")),
          ),
        ),
      );
    }
    return { info, original, draws: drawn };
  } catch (thrown) {
    return { info, original: reasonOf(thrown), draws: [] };
  }
}

async function orReason(picture: Promise<Buffer>): Promise<Buffer | string> {
  return await picture.catch(reasonOf);
}

/** What is wrong with a photo is shown in its place; anything else ends the work. */
function reasonOf(thrown: unknown): string {
  const { code, message } = PetageError.from(thrown);
  if (/^(IMAGE|DATASET)_/.test(code)) return message;
  throw thrown;
}

/** PNG of an image, several views of it one below the other. */
async function pictureOf({ data, width, height, views = 1 }: Image): Promise<Buffer> {
  const whole = { data, width, height: height * views, channels: 3 };
  const scale = CELL_PX / Math.max(whole.width, whole.height);
  const edge = (length: number): number => Math.max(1, Math.round(length * scale));
  const size = { width: edge(whole.width), height: edge(whole.height) };
  const fitting = resize(whole, size, { backend: "cv2", interpolation: "area" });
  const rgb = Buffer.from(fitting.data);
  swapRedAndBlue(rgb);
  return await sharp(rgb, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
}

async function removeSheets(folder: string): Promise<void> {
  const old = (await readdir(folder)).filter((name) => /^sheet-\d+\.png$/.test(name));
  for (const name of old) await rm(join(folder, name));
}
