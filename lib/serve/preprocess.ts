import { PetageError } from "#lib/base/errors.ts";
import { randomStream } from "#lib/base/random.ts";
import { defined } from "#lib/base/assert.ts";
import type { Build } from "#lib/config/component/component.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { pipelineNodes } from "#lib/data/datasets/nested.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { buildPipeline } from "#lib/data/pipeline.ts";
import type { Image } from "#lib/data/types.ts";

/** Encoded photo to the network's input. Gives it up when the signal aborts, with that as the error. */
export type Preprocess = (photo: Uint8Array, signal: AbortSignal) => Promise<Image>;

/** Where mmpretrain's configs keep what brings a photo to the network's input; the first that is there, of its first dataset. */
const DATASETS = ["test_dataloader.dataset", "val_dataloader.dataset"];
const PIPELINE = "test_pipeline";

/** A PNG of one pixel: what the pipeline makes of it has the size of the network's input. */
const PROBE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNoaGgAAAMEAYFL09IQAAAAAElFTkSuQmCC",
  "base64",
);

/** The test pipeline of a checkpoint's config, on bytes instead of files, in the calling thread. */
export function createPreprocess(config: ResolvedConfig, limits: ImageLimits, build?: Build): Preprocess {
  const read = (): never => {
    throw new PetageError("INTERNAL", "A pipeline that serves must not read files");
  };
  const pipeline = buildPipeline(testPipeline(config), { read, decode: limits }, build);
  return async (photo, signal) => {
    signal.throwIfAborted();
    const info = { id: "photo", path: "", label: null };
    const sample = await pipeline({ info, index: 0, bytes: photo }, randomStream(0));
    const image = defined(sample.image, "the image after the test pipeline");
    if (image.views !== undefined) throw severalViews(image.views);
    return image;
  };
}

/** Height and width of the network's input. `count` probes at a time make as many threads warm. */
export async function inputSize(preprocess: Preprocess, count: number): Promise<Pick<Image, "height" | "width">> {
  const { signal } = new AbortController();
  const probes = await Promise.all(Array.from({ length: count }, () => preprocess(PROBE, signal)));
  const { height, width } = defined(probes[0], "the image of a probe");
  return { height, width };
}

/** Holds an image to the size of the network's input: a batch has only one. */
export function checkSize(image: Image, { height, width }: Pick<Image, "height" | "width">): void {
  if (image.height === height && image.width === width) return;
  throw new PetageError(
    "CONFIG_INVALID_VALUE",
    `The test pipeline makes images of ${image.width} x ${image.height} and of ${width} x ${height} pixels`,
    { hint: "Put dict(type='CenterCrop', crop_size=...) after the resize in the test pipeline" },
  );
}

function severalViews(views: number): PetageError {
  return new PetageError("CONFIG_INVALID_VALUE", `The test pipeline makes ${views} views of a photo, expected one`, {
    hint: "Leave transforms that make several views to the train pipeline",
  });
}

function testPipeline(config: ResolvedConfig): ConfigNode {
  const root = configNode(config);
  const ofDatasets = DATASETS.flatMap((path) => root.find(path) ?? []).flatMap(pipelineNodes);
  const found = [...ofDatasets, root.find(PIPELINE)].find((node) => node && node.value !== null);
  if (found) return found;
  const places = [...DATASETS.map((path) => `${path}.pipeline`), PIPELINE].join(", ");
  throw new PetageError("CONFIG_INVALID_VALUE", `The checkpoint's config has no test pipeline (${places})`);
}
