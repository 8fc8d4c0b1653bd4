import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readText, ROOT } from "./support/sources.ts";

/** What a file must not say below the adapters, and what the linter's message names instead. */
const FORBIDDEN: readonly (readonly [statement: string, instead: RegExp])[] = [
  ["Date.now();", /take a Clock/],
  ["new Date();", /take a Clock/],
  ["performance.now();", /take a Clock/],
  ["setTimeout(() => {}, 1);", /take a Clock/],
  ["setInterval(() => {}, 1);", /take a Clock/],
  ["setImmediate(() => {});", /take a Clock/],
  ["AbortSignal.timeout(1);", /take a Clock/],
  ["Math.random();", /randomStream/],
  ["crypto.randomUUID();", /randomStream/],
  ['import { randomUUID } from "node:crypto";\nrandomUUID();', /randomStream/],
  ["process.hrtime();", /an argument/],
  ["globalThis.setTimeout(() => {}, 1);", /an argument/],
];

const ALLOWED = [
  'import { createHash } from "node:crypto";\ncreateHash("sha256");',
  "export function year(date: Date): number {\n  return date.getFullYear();\n}",
];

/** Folders of lib that may know the time of this machine. */
const ADAPTERS = new Set(["system", "host", "rpc", "messaging", "store", "k8s"]);

interface Diagnostic {
  readonly filename: string;
  readonly message: string;
  readonly help: string;
}

/** What the linter says of files, given by path, under the configuration of this repository. */
function lint(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "petage-lint-"));
  try {
    const config = readText(".oxlintrc.json").replace('"typeAware": true', '"typeAware": false');
    for (const [path, text] of [...files, [".oxlintrc.json", config] as const]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
    }
    const program = join(ROOT, "node_modules/.bin/oxlint");
    const { stdout } = spawnSync(program, ["--format", "json"], { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] };
    const saidOf = (path: string): string =>
      diagnostics
        .filter(({ filename }) => filename === path)
        .map(({ message, help }) => `${message} ${help}`)
        .join("\n");
    return new Map([...files.keys()].map((path) => [path, saidOf(path)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the linter", () => {
  it("forbids time, timers and randomness below the adapters, and says what to take instead", () => {
    const path = (index: number): string => `lib/train/statement-${index}.ts`;
    const said = lint(new Map(FORBIDDEN.map(([statement], index) => [path(index), statement])));
    for (const [index, [statement, instead]] of FORBIDDEN.entries()) {
      assert.match(said.get(path(index)) ?? "", instead, statement);
    }
  });

  it("leaves alone what only computes", () => {
    const said = lint(new Map(ALLOWED.map((statement, index) => [`lib/train/statement-${index}.ts`, statement])));
    assert.deepEqual([...said.values()], ["", ""]);
  });

  it("lets the adapters read the clock, and no other folder of lib", () => {
    const folders = readdirSync(join(ROOT, "lib"));
    const said = lint(new Map(folders.map((folder) => [`lib/${folder}/now.ts`, "performance.now();"])));
    const free = folders.filter((folder) => !said.get(`lib/${folder}/now.ts`)?.includes("take a Clock"));
    assert.deepEqual(free.toSorted(), [...ADAPTERS].toSorted(), "name an adapter here and in .oxlintrc.json");
  });
});
