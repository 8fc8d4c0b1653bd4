import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { PETAGE, runCommand } from "#test/support/cli.ts";
import { createProgram } from "../../cli/program.ts";
import { codeBlocks, shellCommands } from "../support/markdown.ts";
import { ROOT, readText } from "../support/sources.ts";

// `sh` blocks are run as they stand, one after another in a folder of their own; `console` blocks, which take long or
// need what is not here, are checked for commands, flags, npm scripts and files that do not exist.

/** Commands that do something themselves, besides those below them. */
const ALSO_ALONE: ReadonlySet<string> = new Set(["engine"]);

const BLOCK_TIMEOUT_MS = 120_000;
const documents = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter(isMarkdown)
    .map((name) => `docs/${name}`),
];

function isMarkdown(name: string): boolean {
  return name.endsWith(".md");
}

/** Words of a command line as a shell sees them, as far as documents need it: quotes, and a comment at the end. */
function words(command: string): string[] {
  const found = command.replace(/\s#\s.*$/, "").match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'])+/g) ?? [];
  return found.map((word) => word.replaceAll(/^["']|["']$/g, ""));
}

const petage = await createProgram();

function checkPetage(args: readonly string[]): void {
  let command = petage;
  let rest = [...args];
  for (;;) {
    const child = command.commands.find((candidate) => candidate.name() === rest[0]);
    if (!child) break;
    command = child;
    rest = rest.slice(1);
  }
  const { operands, unknown } = command.parseOptions(rest);
  assert.deepEqual(unknown, [], `petage ${args.join(" ")}: there is no such flag`);
  const required = command.registeredArguments.filter((argument) => argument.required).length;
  assert.ok(operands.length >= required, `petage ${args.join(" ")} lacks an argument`);
  assert.ok(
    command.commands.length === 0 || ALSO_ALONE.has(command.name()),
    `petage ${args.join(" ")} names no command`,
  );
}

function checkNpm([verb = "", script = ""]: readonly string[]): void {
  const { scripts } = JSON.parse(readText("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
  const name = verb === "run" ? script : verb;
  assert.ok(Object.hasOwn(scripts, name), `there is no npm script ${name}`);
}

/** Files of the repository that a command names. */
function checkFiles(args: readonly string[]): void {
  for (const path of args.filter((arg) => /^(charts|deploy|scripts)\//.test(arg))) {
    assert.ok(existsSync(join(ROOT, path)), `there is no ${path}`);
  }
}

/** `kubectl petage` is `petage job`; of kubectl's own commands only the files are looked at. */
function checkKubectl(args: readonly string[]): void {
  if (args[0] === "petage") checkPetage(["job", ...args.slice(1)]);
  else checkFiles(args);
}

const CHECKS: Readonly<Record<string, (args: readonly string[]) => void>> = {
  petage: checkPetage,
  npx: ([, ...args]) => checkPetage(args),
  npm: checkNpm,
  // grpcurl.test.ts and security.test.ts run these.
  grpcurl: () => undefined,
  echo: () => undefined,
  helm: checkFiles,
  kubectl: checkKubectl,
  node: checkFiles,
};

describe("commands in documents that are only checked", () => {
  for (const document of documents) {
    for (const block of codeBlocks(readText(document), "console")) {
      for (const line of shellCommands(block.text)) {
        it(`${document}:${block.line} ${line}`, () => {
          const [program = "", ...args] = words(line);
          const check = CHECKS[program];
          assert.ok(check, `this test does not know ${program}`);
          check(args);
        });
      }
    }
  }
});

describe("commands in documents that are run", function () {
  this.timeout(BLOCK_TIMEOUT_MS);
  for (const document of documents) {
    const blocks = codeBlocks(readText(document), "sh");
    if (blocks.length === 0) continue;

    describe(document, () => {
      let folder = "";
      before(async () => {
        folder = await mkdtemp(join(tmpdir(), "petage-docs-"));
        await mkdir(join(folder, "bin"));
        await writeFile(join(folder, "bin/petage"), `#!/bin/sh\nexec '${process.execPath}' '${PETAGE}' "$@"\n`);
        await chmod(join(folder, "bin/petage"), 0o755);
        await symlink(join(ROOT, "configs"), join(folder, "configs"));
      });
      after(() => rm(folder, { recursive: true, force: true }));

      const runs: Promise<void>[] = [];
      async function run(text: string): Promise<void> {
        const env = { PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}` };
        const options = { cwd: folder, env, timeoutMs: BLOCK_TIMEOUT_MS };
        const { exitCode, stdout, stderr } = await runCommand("/bin/sh", ["-euc", text], options);
        assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
      }

      for (const [index, block] of blocks.entries()) {
        it(`line ${block.line}: ${shellCommands(block.text).join("; ")}`, async function () {
          this.timeout(BLOCK_TIMEOUT_MS * (index + 1));
          // A reader comes here by what stands before it.
          for (const [at, { text }] of blocks.slice(0, index + 1).entries()) await (runs[at] ??= run(text));
        });
      }
    });
  }
});
