import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { abortReason } from "#lib/base/signals.ts";
import { buildComponent } from "#lib/config/build.ts";
import type { ConfigNode } from "#lib/config/component.ts";
import { datasets } from "./datasets/index.ts";
import { decodeImage, type ImageLimits } from "./decode.ts";
import type { DataFiles } from "./files.ts";
import type { SampleInfo } from "./types.ts";

export interface CheckOptions {
  readonly files: DataFiles;
  readonly decode: ImageLimits;
  readonly log: Log;
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

/** Looks for all that would stop or spoil a training: bad labels, missing, repeated and undecodable images. */
export async function checkDataset(node: ConfigNode, options: CheckOptions): Promise<DatasetCheck> {
  const problems: PetageError[] = [];
  let problemCount = 0;
  const onProblem = (problem: PetageError): void => {
    if (problemCount++ < MAX_LISTED_PROBLEMS) problems.push(problem);
  };
  const { samples } = await buildComponent(datasets, node, { ...options, onProblem });
  for (const problem of findRepeated(samples)) onProblem(problem);
  for (const problem of await decodeAll(samples, options)) if (problem) onProblem(problem);
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

async function decodeAll(samples: readonly SampleInfo[], options: CheckOptions): Promise<(PetageError | undefined)[]> {
  const problems: (PetageError | undefined)[] = [];
  const remaining = samples.entries();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [index, sample] of remaining) {
      if (options.signal.aborted) throw abortReason(options.signal);
      problems[index] = await tryDecode(sample, options);
      options.onProgress?.({ done: ++done, count: samples.length });
    }
  };
  await Promise.all(Array.from({ length: MAX_DECODES_IN_FLIGHT }, work));
  return problems;
}

async function tryDecode({ id, path }: SampleInfo, { files, decode }: CheckOptions): Promise<PetageError | undefined> {
  try {
    await decodeImage(await files.read(path, decode.maxImageBytes), decode);
    return undefined;
  } catch (thrown) {
    const { code, message, hint } = PetageError.from(thrown);
    return new PetageError(code, `${id}: ${message}`, { cause: thrown, ...(hint !== undefined && { hint }) });
  }
}
