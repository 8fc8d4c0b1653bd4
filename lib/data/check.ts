import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { silentLog, type Log } from "#lib/base/log.ts";
import { abortReason } from "#lib/base/signals.ts";
import type { Build } from "#lib/config/component/component.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import { leafDatasets } from "#lib/data/datasets/nested.ts";
import { CUT_SHORT_WARNING } from "./bad-sample-tally.ts";
import type { ImageLimits } from "./image-limits.ts";
import type { DataFiles } from "./files.ts";
import { findOutsideHead, headNumClasses, warnOfOtherCount } from "./head-classes.ts";
import type { Inspector, InspectorSetup } from "./inspect.ts";
import type { Print } from "./look-alikes.ts";
import { buildTransforms } from "./pipeline.ts";
import type { Dataset, SampleInfo } from "./types.ts";

export interface CheckOptions {
  readonly files: DataFiles;
  readonly decode: ImageLimits;
  readonly log: Log;
  readonly build: Build;
  readonly signal: AbortSignal;
  /** Looks at the photos of a dataset; it is disposed of. */
  openInspector(setup: InspectorSetup, sampleCount: number): Inspector;
  readonly onProgress?: (progress: { readonly done: number; readonly count: number }) => void;
}

export interface DatasetCheck {
  readonly sampleCount: number;
  /** At most `MAX_LISTED_PROBLEMS`, in the order of the dataset's files. */
  readonly problems: readonly PetageError[];
  readonly problemCount: number;
  /** Labels as they are written, those past the last class included; of what wraps datasets, those it goes through. */
  readonly labels: readonly number[];
  /** The photos of the dataset that could be read, each once; of the first `MAX_LOOKS` with their looks. */
  readonly photos: readonly CheckedPhoto[];
}

/** A photo and what tells its copies. */
export type CheckedPhoto = SampleInfo & Print;

export const MAX_LISTED_PROBLEMS = 1000;
/** Photos whose looks are kept, two kilobytes each; of others only equal files are found. */
export const MAX_LOOKS = 200_000;
/** What is gathered of a dataset and those inside it. */
class Findings {
  readonly problems: PetageError[] = [];
  readonly labels: number[] = [];
  /** By path. */
  readonly prints = new Map<string, Print>();
  problemCount = 0;
  done = 0;
  count = 0;
  cutShortCount = 0;

  add(problem: PetageError): void {
    if (this.problemCount++ < MAX_LISTED_PROBLEMS) this.problems.push(problem);
  }
}

/** Looks for all that would stop or spoil a training: bad labels, missing and repeated images, and those that fail in the pipeline. */
export async function checkDataset(node: ConfigNode, options: CheckOptions): Promise<DatasetCheck> {
  const findings = new Findings();
  const leaves = leafDatasets(node);
  const parts: Dataset[] = [];
  for (const leaf of leaves) parts.push(await checkLeaf(leaf, findings, options));
  const isLeaf = leaves.length === 1 && leaves[0]?.path === node.path;
  const { samples } = (isLeaf ? parts[0] : await buildWhole(node, findings, options)) ?? { samples: [] };
  const { problems, problemCount, prints } = findings;
  const labels = isLeaf ? findings.labels : samples.flatMap(({ label }) => label ?? []);
  const byPath = new Map(samples.map((info) => [info.path, info]));
  const photos = [...byPath.values()].flatMap((info) => {
    const print = prints.get(info.path);
    return print ? [{ ...info, ...print }] : [];
  });
  return { sampleCount: samples.length, problems, problemCount, labels, photos };
}

/** The dataset with all that is wrapped around its parts, whose problems are known. */
async function buildWhole(node: ConfigNode, findings: Findings, options: CheckOptions): Promise<Dataset | undefined> {
  try {
    return await options.build(datasets, node, { ...options, log: silentLog, onProblem: () => {} });
  } catch (thrown) {
    findings.add(PetageError.from(thrown));
    return undefined;
  }
}

async function checkLeaf(node: ConfigNode, findings: Findings, options: CheckOptions): Promise<Dataset> {
  const { decode, build, log } = options;
  const pipeline = node.child("pipeline");
  buildTransforms(pipeline, build); // a wrong one is told before a photo is read
  const headCount = headNumClasses(node);
  const dataset = await build(datasets, node, {
    ...options,
    headNumClasses: headCount,
    onProblem: (problem) => findings.add(problem),
    onLabel: (label) => void findings.labels.push(label),
  });
  const { samples } = dataset;
  for (const problem of findOutsideHead(dataset, headCount)) findings.add(problem);
  warnOfOtherCount(dataset, headCount, log);
  for (const problem of findRepeated(samples)) findings.add(problem);
  await using inspector = options.openInspector({ pipeline, decode }, samples.length);
  const tried = await tryAll(samples, { ...options, findings, inspector });
  for (const problem of tried) if (problem) findings.add(problem);
  return dataset;
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

interface TryOptions extends Pick<CheckOptions, "signal" | "log" | "onProgress"> {
  readonly findings: Findings;
  readonly inspector: Inspector;
}

async function tryAll(
  samples: readonly SampleInfo[],
  { signal, log, onProgress, findings, inspector }: TryOptions,
): Promise<(PetageError | undefined)[]> {
  findings.count += samples.length;
  return await mapLimited(samples, inspector.parallelism, async (info, index) => {
    if (signal.aborted) throw abortReason(signal);
    const problem = await problemOf(info, async () => {
      const withLook = findings.prints.size < MAX_LOOKS;
      const { cutShort, ...print } = await inspector.inspect({ info, index, withLook });
      findings.prints.set(info.path, print);
      if (cutShort && findings.cutShortCount++ < MAX_LISTED_PROBLEMS) log.warn(CUT_SHORT_WARNING, { id: info.id });
    });
    onProgress?.({ done: ++findings.done, count: findings.count });
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
