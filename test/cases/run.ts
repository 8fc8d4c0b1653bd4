import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { CaseRoot, Skipped } from "./case.ts";
import type { Check } from "./case.ts";
import { CaseCluster } from "./cluster.ts";
import { CHECKS, NOT_YET } from "./index.ts";

export interface CaseResult {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly why?: string;
}

interface FoundCase {
  readonly name: string;
  readonly path: string;
  /** Folders with configs that the case may name. */
  readonly folders: readonly string[];
}

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
/** Folders of which each file is a case. */
const COLLECTIONS = ["kubernetes"];
const LONGEST_REASON_CHARACTERS = 400;

/** Checks every case of a folder, one after another. @throws NOT_FOUND where it holds none. */
export async function* runCases(directory: string): AsyncGenerator<CaseResult> {
  const found = await findCases(directory);
  if (found.length === 0) {
    const hint = "Give a folder with a folder for each case: npm run cases -- DIR";
    throw new PetageError("NOT_FOUND", `"${directory}" holds no cases`, { hint });
  }
  let starting: Promise<CaseCluster> | undefined;
  try {
    for (const each of found) yield await runCase(each, () => (starting ??= CaseCluster.start()));
  } finally {
    const cluster = await starting?.catch(() => undefined);
    await cluster?.[Symbol.asyncDispose]();
  }
}

async function findCases(directory: string): Promise<FoundCase[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((): [] => []);
  const cases: FoundCase[] = [];
  for (const name of namesOf(entries.filter((entry) => entry.isDirectory()))) {
    const path = join(directory, name);
    if (!COLLECTIONS.includes(name)) cases.push({ name, path, folders: [path, FIXTURES] });
    else {
      const files = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.name !== "README.md");
      for (const file of namesOf(files)) cases.push({ name: `${name}/${file}`, path: join(path, file), folders: [] });
    }
  }
  return cases;
}

function namesOf(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name).toSorted((one, other) => one.localeCompare(other));
}

async function runCase(found: FoundCase, cluster: () => Promise<CaseCluster>): Promise<CaseResult> {
  const { name, path, folders } = found;
  const check: Check | undefined = CHECKS[name];
  if (!check) return { name, status: "skipped", why: NOT_YET[name] ?? "no check is known for a case of this name" };
  try {
    await using root = await CaseRoot.make(folders);
    await check({ path, root, cluster });
    return { name, status: "passed" };
  } catch (thrown) {
    const why = (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s+/g, " ");
    return {
      name,
      status: thrown instanceof Skipped ? "skipped" : "failed",
      why: why.slice(0, LONGEST_REASON_CHARACTERS),
    };
  }
}
