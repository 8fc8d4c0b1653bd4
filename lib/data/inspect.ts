import { createHash } from "node:crypto";
import { randomStream } from "#lib/base/random.ts";
import type { Place } from "#lib/config/component/node.ts";
import { decodeImage } from "./decode.ts";
import { lookOf } from "./hashes.ts";
import type { ImageLimits } from "./image-limits.ts";
import type { Print } from "./look-alikes.ts";
import type { Pipeline, PipelineContext } from "./pipeline.ts";
import type { SampleInfo } from "./types.ts";

/** What is learned of a photo by decoding it and taking it through its pipeline. */
export interface Inspection extends Print {
  /** The file lacks its end. */
  readonly cutShort: boolean;
}

/** What an inspector needs to know; plain data, which can be sent to a thread. */
export interface InspectorSetup {
  readonly pipeline: Place;
  readonly decode: ImageLimits;
}

export interface InspectedSample {
  readonly info: SampleInfo;
  /** Position in the dataset. */
  readonly index: number;
  /** Whether its look is wanted, which costs two kilobytes. */
  readonly withLook: boolean;
}

/** Looks at photos, in this thread or in others. */
export interface Inspector extends AsyncDisposable {
  /** Photos that it looks at at a time. */
  readonly parallelism: number;
  /** Rejects with what is wrong with the photo: IMAGE_* or DATASET_*, or what the pipeline says. */
  inspect(sample: InspectedSample): Promise<Inspection>;
}

/** Reads, decodes and transforms a photo, as training does in its first epoch with seed 0. */
export async function inspectSample(
  { info, index, withLook }: InspectedSample,
  { read, decode, pipeline }: PipelineContext & { readonly pipeline: Pipeline },
): Promise<Inspection> {
  const bytes = await read(info.path, decode.maxImageBytes);
  // Its own decoding: a pipeline may decode no more of a photo than it needs.
  const look = withLook ? lookOf(await decodeImage(bytes, decode)) : undefined;
  const { cutShort = false } = await pipeline({ info, index, bytes }, randomStream(0, 0, index));
  return { digest: createHash("sha256").update(bytes).digest("hex"), look, cutShort };
}
