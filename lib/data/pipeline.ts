import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Random } from "#lib/base/random.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";
import { isDict } from "#lib/config/dictionary.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { openImage } from "./decode.ts";
import { openedImage } from "./opened-image.ts";
import type { ImageLimits } from "./image-limits.ts";
import type { Size } from "./geometry.ts";
import { carryOut, sizeAfter } from "./raster.ts";
import type { Operation } from "./raster.ts";
import { transforms } from "#lib/data/transforms/index.ts";
import type { Transform } from "#lib/data/transforms/transform.ts";
import type { Sample } from "./types.ts";

const FIRST = "LoadImageFromFile";
const LAST = "PackInputs";

/** Where a pipeline's images come from. */
export interface PipelineContext {
  /** The bytes of an image file; rejects with DATASET_FILE_MISSING, DATASET_FILE_UNREADABLE, or IMAGE_TOO_LARGE above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  readonly decode: ImageLimits;
}

/** Makes the image of a sample what a batch takes. */
export type Pipeline = (sample: Sample, random: Random) => Promise<Sample>;

/** The transforms of a config's `pipeline`, one after the other. */
export function buildPipeline(node: ConfigNode, context: PipelineContext, build: Build = buildComponent): Pipeline {
  return createPipeline(buildTransforms(node, build), context);
}

/** What makes each sample by its own pipeline, where a config joins datasets with several. */
export function buildPipelines(
  nodes: readonly ConfigNode[],
  context: PipelineContext,
  build: Build = buildComponent,
): Pipeline {
  const pipelines = nodes.map((node) => buildPipeline(node, context, build));
  return (sample, random) => defined(pipelines[sample.info.pipeline ?? 0], "the sample's pipeline")(sample, random);
}

/** Its transforms alone. Throws CONFIG_* with file and line, also where the first or the last of them is missing. */
export function buildTransforms(node: ConfigNode, build: Build): Transform[] {
  if (!Array.isArray(node.value)) throw incomplete(node, "is missing", "Write pipeline=[...], a list of transforms");
  const stages = node.items();
  const types = stages.map(({ value }) => typeOf(value));
  if (!types.includes(FIRST)) {
    throw incomplete(node, `has no ${FIRST}`, `Put dict(type='${FIRST}') first`);
  }
  if (types.at(-1) !== LAST) throw incomplete(node, `does not end in ${LAST}`, `Put dict(type='${LAST}') last`);
  return stages.map((stage) => build(transforms, stage, undefined));
}

/** The size of what transforms make of a photo. */
export function plannedSize(stages: readonly Transform[], photo: Size, random: Random): Size {
  return stages.reduce((size, stage) => stage.plan(size, random).reduce(sizeAfter, size), photo);
}

/** Plans what the transforms do to a sample, and has it carried out. */
export function createPipeline(stages: readonly Transform[], { read, decode }: PipelineContext): Pipeline {
  return async (sample, random) => {
    let opened = sample.image && openedImage(sample.image);
    let size: Size = opened ?? { height: 0, width: 0 };
    const operations: Operation[] = [];
    for (const stage of stages) {
      const planned = stage.plan(size, random);
      operations.push(...planned);
      size = planned.reduce(sizeAfter, size);
      if (!stage.loads) continue;
      opened = await openImage(sample.bytes ?? (await read(sample.info.path, decode.maxImageBytes)), decode);
      size = opened;
      operations.length = 0;
    }
    if (!opened) throw nothingLoaded();
    const { cutShort } = opened;
    return { ...sample, image: await carryOut(operations, opened, sample.memoryFor), ...(cutShort && { cutShort }) };
  };
}

function nothingLoaded(): PetageError {
  return new PetageError("CONFIG_INVALID_VALUE", "A pipeline got a sample whose image is not loaded", {
    hint: "Put dict(type='LoadImageFromFile') first in the pipeline",
  });
}

/** The component's name without a scope such as `mmpretrain.`. */
function typeOf(value: ConfigNode["value"]): string {
  const type = isDict(value) ? value["type"] : undefined;
  return typeof type === "string" ? type.slice(type.lastIndexOf(".") + 1) : "";
}

function incomplete(node: ConfigNode, problem: string, hint: string): PetageError {
  return node.fail(`The pipeline \`${node.path}\` ${problem}`, { hint });
}
