import assert from "node:assert/strict";
import { copyFile, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesize } from "#lib/host/pictures/synth.ts";
import { petage } from "#test/support/cli.ts";
import type { CommandResult } from "#test/support/cli.ts";
import { ROOT } from "#test/support/sources.ts";
import type { CaseCluster } from "./cluster.ts";

/** How petage fares with one input that once failed. */
export type Check = (input: CaseInput) => Promise<void>;

export interface CaseInput {
  /** The case's own folder, or file. */
  readonly path: string;
  /** A fresh folder that looks like the root of a checkout, with the configs of this case in it. */
  readonly root: CaseRoot;
  /** A cluster with a controller, shared by the cases that ask for it. */
  readonly cluster: () => Promise<CaseCluster>;
}

/** Thrown by a check that cannot be made here. */
export class Skipped extends Error {}

const COMMAND_TIMEOUT_MS = 180_000;
/** Photos to draw: 16 for training, 2 each for validation and test. */
const PHOTOS = 20;
const PHOTO_PX = 48;

/** A folder in which commands run as in a checkout: `configs/`, the case's own configs, and drawn pets where they look. */
export class CaseRoot implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param folders whose `.py` files go to the root; the first that has a name wins. */
  static async make(folders: readonly string[]): Promise<CaseRoot> {
    const root = new CaseRoot(await mkdtemp(join(tmpdir(), "petage-case-")));
    await symlink(join(ROOT, "configs"), root.path("configs"));
    for (const folder of folders.toReversed()) {
      const names = (await readdir(folder)).filter((name) => name.endsWith(".py") && !name.startsWith("make-"));
      for (const name of names) await copyFile(join(folder, name), root.path(name));
    }
    return root;
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** Draws pets into the folder of this name below `cases-work/data`, where the cases' configs look for them. */
  async draw(name = "pets"): Promise<string> {
    const out = this.path("cases-work/data", name);
    await synthesize({ out, count: PHOTOS, seed: 1, layout: "annotation", sizePx: PHOTO_PX });
    return out;
  }

  /** Runs `petage` here; the words are split at blanks. */
  async petage(line: string, ...more: readonly string[]): Promise<CommandResult & { readonly output: string }> {
    const args = [...line.split(" "), ...more];
    const result = await petage(args, { cwd: this.folder, timeoutMs: COMMAND_TIMEOUT_MS });
    return { ...result, output: `${result.stdout}${result.stderr}` };
  }

  /** The same; fails, quoting the last lines, unless it succeeds. */
  async succeeds(line: string, ...more: readonly string[]): Promise<string> {
    const { exitCode, output } = await this.petage(line, ...more);
    assert.equal(
      exitCode,
      0,
      `petage ${line} ends with ${exitCode}: ${output.trimEnd().split("\n").slice(-3).join(" / ")}`,
    );
    return output;
  }

  /** The same; fails unless it ends with an error that says this. */
  async fails(line: string, said: RegExp, ...more: readonly string[]): Promise<string> {
    const { exitCode, output } = await this.petage(line, ...more);
    assert.ok(exitCode !== 0 && exitCode !== null, `petage ${line} ends with ${exitCode ?? "no code in time"}`);
    assert.match(output, said);
    return output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
