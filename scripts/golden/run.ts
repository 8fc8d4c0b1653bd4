import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

/** A result and the file, relative to the golden folder, that holds its truth. */
export interface FileResult extends GoldenResult {
  readonly file: string;
}

type Results = AsyncIterable<GoldenResult> | Iterable<GoldenResult>;

/** Which module of this folder checks which file. They are imported when their file is there, so that one that fails to load costs only its own. */
const checkers: Readonly<Record<string, { readonly module: string; readonly name: string }>> = {
  "losses_metrics.json": { module: "losses-metrics.ts", name: "lossesMetricsChecker" },
  "lr.json": { module: "lr.ts", name: "lrChecker" },
  "optim.json": { module: "optim.ts", name: "optimChecker" },
  "petage.json": { module: "petage.ts", name: "petageChecker" },
  "samplers.json": { module: "samplers.ts", name: "samplersChecker" },
  "state_dicts.json": { module: "state-dicts.ts", name: "stateDictsChecker" },
  "tiny_forward.json": { module: "tiny-forward.ts", name: "tinyForwardChecker" },
  "transforms.json": { module: "transforms.ts", name: "transformsChecker" },
};

/** An export of a module of this folder; undefined where it is not there yet. */
async function load<T>(module: string, name: string): Promise<T | undefined> {
  const url = new URL(module, import.meta.url);
  if (!existsSync(url)) return undefined;
  const exported = (await import(url.href)) as Record<string, T>;
  return exported[name];
}

/** The results of one check; whatever it throws is a failure of its own, and none stops the others. */
async function* guarded(name: string, check: () => Promise<Results>): AsyncGenerator<GoldenResult> {
  try {
    yield* await check();
  } catch (error) {
    yield { name, status: "failed", expected: "a check that runs", got: PetageError.from(error).describe() };
  }
}

async function checkFile(folder: string, file: string): Promise<Results> {
  const known = checkers[file];
  if (!known) return [{ name: "(file)", status: "skipped", why: "no checker is known for a file of this name" }];
  const checker = await load<GoldenChecker>(known.module, known.name);
  if (!checker) return [{ name: "(file)", status: "skipped", why: `${known.module} has no ${known.name} yet` }];
  return checker.check(JSON.parse(await readFile(path.join(folder, file), "utf8")));
}

async function checkConfigs(folder: string): Promise<Results> {
  const check = await load<(dir: string) => Results>("config-edge.ts", "checkConfigEdge");
  return check?.(folder) ?? [{ name: "(folder)", status: "skipped", why: "config-edge.ts has no checkConfigEdge yet" }];
}

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.toSorted((a, b) => a.localeCompare(b));
}

/** Checks every golden file of a folder: `mmpretrain/*.json` and `config-edge/<case>/`. @throws NOT_FOUND where it holds neither. */
export async function* runGolden(directory: string): AsyncGenerator<FileResult> {
  const truths = path.join(directory, "mmpretrain");
  const configs = path.join(directory, "config-edge");
  const files = (await filesOf(truths)).filter((name) => name.endsWith(".json"));
  const cases = await filesOf(configs);
  if (files.length + cases.length === 0) {
    throw new PetageError("NOT_FOUND", `"${directory}" holds neither mmpretrain/*.json nor config-edge/*`, {
      hint: "Give the folder above them: npm run golden -- --dir test/golden",
    });
  }
  for (const file of files) {
    for await (const result of guarded("(file)", () => checkFile(truths, file))) yield { ...result, file };
  }
  if (cases.length === 0) return;
  for await (const result of guarded("(folder)", () => checkConfigs(configs))) yield { ...result, file: "config-edge" };
}
