import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { augmentsChecker, moreAugmentsChecker } from "./augments.ts";
import { checkConfigEdge } from "./config-edge.ts";
import { lossesMetricsChecker } from "./losses-metrics.ts";
import { lrChecker } from "./lr.ts";
import { optimChecker } from "./optim.ts";
import { petageChecker } from "./petage.ts";
import { samplersChecker } from "./samplers.ts";
import { stateDictsChecker } from "./state-dicts.ts";
import { tinyForwardChecker } from "./tiny-forward.ts";
import { transformsChecker } from "./transforms.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

/** A result and the file, relative to the golden folder, that holds its truth. */
export interface FileResult extends GoldenResult {
  readonly file: string;
}

type Results = AsyncIterable<GoldenResult> | Iterable<GoldenResult>;

const CHECKERS: readonly GoldenChecker[] = [
  augmentsChecker,
  moreAugmentsChecker,
  lossesMetricsChecker,
  lrChecker,
  optimChecker,
  petageChecker,
  samplersChecker,
  stateDictsChecker,
  tinyForwardChecker,
  transformsChecker,
];

/** The results of one check; whatever it throws is a failure of its own, and none stops the others. */
async function* guarded(name: string, check: () => Promise<Results> | Results): AsyncGenerator<GoldenResult> {
  try {
    yield* await check();
  } catch (error) {
    yield { name, status: "failed", expected: "a check that runs", got: PetageError.from(error).describe() };
  }
}

async function checkFile(folder: string, file: string): Promise<Results> {
  const checker = CHECKERS.find((entry) => entry.file === file);
  if (!checker) return [{ name: "(file)", status: "skipped", why: "no checker is known for a file of this name" }];
  return checker.check(JSON.parse(await readFile(path.join(folder, file), "utf8")));
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.toSorted((a, b) => a.localeCompare(b));
}

/** Checks every golden file of a folder: `mmpretrain/*.json` and `config-edge/<case>/`. @throws NOT_FOUND where it holds neither. */
export async function* runGolden(directory: string): AsyncGenerator<FileResult> {
  const truths = path.join(directory, "mmpretrain");
  const configs = path.join(directory, "config-edge");
  const files = (await namesIn(truths)).filter((name) => name.endsWith(".json"));
  const cases = await namesIn(configs);
  if (files.length + cases.length === 0) {
    throw new PetageError("NOT_FOUND", `"${directory}" holds neither mmpretrain/*.json nor config-edge/*`, {
      hint: "Give the folder above them: npm run golden -- --dir test/golden",
    });
  }
  for (const file of files) {
    for await (const result of guarded("(file)", () => checkFile(truths, file))) yield { ...result, file };
  }
  if (cases.length === 0) return;
  for await (const result of guarded("(folder)", () => checkConfigEdge(configs)))
    yield { ...result, file: "config-edge" };
}
