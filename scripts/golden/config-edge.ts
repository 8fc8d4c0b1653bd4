import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { PetageError } from "#lib/base/errors.ts";
import { Budget } from "#lib/config/language/budget.ts";
import { loadConfig, type LoadedConfig } from "#lib/config/language/load.ts";
import { parseOptions } from "#lib/config/language/options.ts";
import { toPlain } from "#lib/config/plain.ts";
import { PyDict } from "#lib/config/language/python/values.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import type { GoldenResult } from "./types.ts";

/** One case as mmengine answered it; see the README beside the cases. */
interface EdgeCase {
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  readonly options: readonly string[] | null;
  readonly parsed_options?: unknown;
  readonly value?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly warnings?: readonly string[];
}

/** mmengine leaks a random placeholder here; ours must refuse. */
const MUST_FAIL: ReadonlySet<string> = new Set(["base_var_in_string", "base_var_in_arith"]);

/** Runs the cases of a `config-edge` folder: `<case>/in/*` with `<case>/expected.json`. */
export async function* checkConfigEdge(folder: string): AsyncIterable<GoldenResult> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const { name } of entries
    .filter((entry) => entry.isDirectory())
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    yield await checkCase(`config-edge/${name}`, join(folder, name), MUST_FAIL.has(name));
  }
}

async function checkCase(name: string, folder: string, mustFail: boolean): Promise<GoldenResult> {
  let expected: EdgeCase;
  try {
    expected = JSON.parse(await readFile(join(folder, "expected.json"), "utf8")) as EdgeCase;
  } catch (error) {
    return { name, status: "skipped", why: `expected.json cannot be read: ${String(error)}` };
  }
  try {
    const loaded = loadConfig(join(folder, "in", expected.main), {
      files: nodeConfigFiles,
      env: expected.env,
      options: expected.options ?? [],
    });
    return mustFail || expected.error !== undefined
      ? {
          name,
          status: "failed",
          expected: expected.error ?? "an error, not a leaked placeholder",
          got: JSON.stringify(loaded.value),
        }
      : compareLoaded(name, folder, expected, loaded);
  } catch (thrown) {
    return judgeError(name, expected, thrown, mustFail);
  }
}

function judgeError(name: string, expected: EdgeCase, thrown: unknown, mustFail: boolean): GoldenResult {
  const described = thrown instanceof PetageError ? thrown.describe() : String(thrown);
  if (!(thrown instanceof PetageError) || thrown.code === "INTERNAL")
    return { name, status: "failed", expected: expected.error ?? "the value", got: described };
  if (mustFail || expected.error !== undefined) return { name, status: "passed" };
  // The safe interpreter leaves parts of Python out on purpose; it must say so, and where.
  if (thrown.code === "CONFIG_UNSUPPORTED" && thrown.position) return { name, status: "skipped", why: described };
  return { name, status: "failed", expected: JSON.stringify(expected.value), got: described };
}

function compareLoaded(name: string, folder: string, expected: EdgeCase, loaded: LoadedConfig): GoldenResult {
  const warnings = loaded.warnings.map((warning) => warning.replaceAll(folder, "<case>"));
  const pairs: readonly [expected: unknown, got: unknown][] = [
    [decode(expected.value), loaded.value],
    ...(expected.warnings ? [[expected.warnings, warnings] as [unknown, unknown]] : []),
    ...(expected.parsed_options === undefined
      ? []
      : [[decode(expected.parsed_options), plainOptions(expected.options ?? [])] as [unknown, unknown]]),
  ];
  const different = pairs.find(([wanted, got]) => !isDeepStrictEqual(wanted, got));
  if (!different) return { name, status: "passed" };
  return { name, status: "failed", expected: JSON.stringify(different[0]), got: JSON.stringify(different[1]) };
}

function plainOptions(options: readonly string[]): unknown {
  const budget = new Budget();
  const dict = new PyDict();
  for (const [key, { value }] of parseOptions(options, budget)) dict.set(key, value);
  return toPlain(dict, budget).value;
}

/** `{"$float": "inf"}` is how the golden files write a float that is not finite. */
function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "$float")
    return { inf: Infinity, "-inf": -Infinity, nan: Number.NaN }[String(first[1])] ?? value;
  return Object.fromEntries(entries.map(([key, inner]) => [key, decode(inner)]));
}
