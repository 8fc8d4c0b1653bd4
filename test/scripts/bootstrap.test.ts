import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../support/sources.ts";

const INSTALLED = "Installing the packages";

/** A checkout that holds nothing but the bootstrap, a lockfile, and a stand-in for npm that notes its arguments. */
async function checkout(locked: object, installed: object | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "petage-bootstrap-"));
  await mkdir(join(folder, "scripts"));
  await copyFile(join(ROOT, "scripts", "bootstrap.mjs"), join(folder, "scripts", "bootstrap.mjs"));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages: locked }));
  await writeFile(
    join(folder, "npm.js"),
    "console.log('npm', ...process.argv.slice(2)); process.exitCode = Number(process.env.NPM_EXIT);",
  );
  if (installed !== undefined) {
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "node_modules", ".package-lock.json"), JSON.stringify({ packages: installed }));
  }
  return folder;
}

async function bootstrap(folder: string, npmExit = 0): Promise<{ readonly code: number; readonly output: string }> {
  const env = { ...process.env, npm_execpath: join(folder, "npm.js"), NPM_EXIT: String(npmExit) };
  const args = [join(folder, "scripts", "bootstrap.mjs"), "--packages"];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("scripts/bootstrap.mjs", () => {
  const a = { version: "1.0.0" };
  const cases = [
    {
      name: "installs when there is no node_modules",
      locked: { "node_modules/a": a },
      installed: undefined,
      installs: true,
    },
    { name: "installs when a package is missing", locked: { "node_modules/a": a }, installed: {}, installs: true },
    {
      name: "installs when a version differs",
      locked: { "node_modules/a": { version: "1.0.1" } },
      installed: { "node_modules/a": a },
      installs: true,
    },
    {
      name: "does nothing when all is there",
      locked: { "": { version: "0.1.0" }, "node_modules/a": a },
      installed: { "node_modules/a": a, "node_modules/extra": a },
      installs: false,
    },
    {
      name: "does not mind a missing optional package",
      locked: { "node_modules/a": { ...a, optional: true } },
      installed: {},
      installs: false,
    },
  ];
  for (const { name, locked, installed, installs } of cases) {
    it(name, async () => {
      const { code, output } = await bootstrap(await checkout(locked, installed));
      assert.equal(code, 0, output);
      assert.equal(output.includes(INSTALLED), installs, output);
      assert.equal(output.includes("npm ci"), installs, output);
    });
  }

  it("ends with the failed command when npm fails", async () => {
    const { code, output } = await bootstrap(await checkout({ "node_modules/a": a }, undefined), 7);
    assert.equal(code, 1);
    assert.match(output, /Cannot go on: .*npm\.js ci` failed/);
  });
});
