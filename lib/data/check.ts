import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import type { Log } from "#lib/base/log.ts";
import { randomStream } from "#lib/base/random.ts";
import { abortReason } from "#lib/base/signals.ts";
import type { Build } from "#lib/config/component/component.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import { CUT_SHORT_WARNING } from "./bad-sample-tally.ts";
import type { ImageLimits } from "./image-limits.ts";
import type { DataFiles } from "./files.ts";
import { findOutsideHead, headNumClasses, warnOfOtherCount } from "./head-classes.ts";
import { buildPipeline } from "./pipeline.ts";
import type { Pipeline } from "./pipeline.ts";
import type { SampleInfo } from "./types.ts";

export interface CheckOptions {
  readonly files: DataFiles;
  readonly decode: ImageLimits;
  readonly log: Log;
  readonly build: Build;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly count: number }) => void;
}

export interface DatasetCheck {
  readonly sampleCount: number;
  /** At most `MAX_LISTED_PROBLEMS`, in the order of the dataset's files. */
  readonly problems: readonly PetageError[];
  readonly problemCount: number;
}

export const MAX_LISTED_PROBLEMS = 1000;
/** Images decoded at a time. */
const MAX_DECODES_IN_FLIGHT = 4;

/** Looks for all that would stop or spoil a training: bad labels, missing and repeated images, and those that fail in the pipeline. */
export async function checkDataset(node: ConfigNode, options: CheckOptions): Promise<DatasetCheck> {
  const problems: PetageError[] = [];
  let problemCount = 0;
  const onProblem = (problem: PetageError): void => {
    if (problemCount++ < MAX_LISTED_PROBLEMS) problems.push(problem);
  };
  const { files, decode, build } = options;
  const context = { read: files.read.bind(files), decode };
  const pipeline = buildPipeline(node.child("pipeline"), context, build);
  const count = headNumClasses(node);
  const dataset = await build(datasets, node, { ...options, headNumClasses: count, onProblem });
  const { samples } = dataset;
  for (const problem of findOutsideHead(dataset, count)) onProblem(problem);
  warnOfOtherCount(dataset, count, options.log);
  for (const problem of findRepeated(samples)) onProblem(problem);
  for (const problem of await tryAll(samples, pipeline, options)) if (problem) onProblem(problem);
  return { sampleCount: samples.length, problems, problemCount };
}

function* findRepeated(samples: readonly SampleInfo[]): Generator<PetageError, void> {
  const labels = new Map<string, number | null>();
  for (const { id, label } of samples) {
    const earlier = labels.get(id);
    if (earlier !== undefined) {
      const conflict = earlier === label ? "" : ` with the labels ${earlier} and ${label}`;
      yield new PetageError("DATASET_INVALID", `The image "${id}" is in the dataset twice${conflict}`);
    }
    labels.set(id, label);
  }
}

async function tryAll(
  samples: readonly SampleInfo[],
  pipeline: Pipeline,
  options: CheckOptions,
): Promise<(PetageError | undefined)[]> {
  let done = 0;
  let cutShortCount = 0;
  return await mapLimited(samples, MAX_DECODES_IN_FLIGHT, async (info, index) => {
    if (options.signal.aborted) throw abortReason(options.signal);
    const problem = await problemOf(info, async () => {
      const { cutShort } = await pipeline({ info, index }, randomStream(0, 0, index));
      if (cutShort && cutShortCount++ < MAX_LISTED_PROBLEMS) options.log.warn(CUT_SHORT_WARNING, { id: info.id });
    });
    options.onProgress?.({ done: ++done, count: samples.length });
    return problem;
  });
}

async function problemOf({ id }: SampleInfo, make: () => unknown): Promise<PetageError | undefined> {
  try {
    await make();
    return undefined;
  } catch (thrown) {
    const { code, message, hint } = PetageError.from(thrown);
    return new PetageError(code, `${id}: ${message}`, { cause: thrown, ...(hint !== undefined && { hint }) });
  }
}
