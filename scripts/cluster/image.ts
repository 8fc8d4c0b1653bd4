import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "./execute.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64" };

/** Writes a docker archive with one image: a statically linked busybox with links for all that it can be. */
export async function writeBusyboxImage(options: {
  readonly file: string;
  readonly name: string;
  readonly busybox: string;
  readonly command: readonly string[];
}): Promise<void> {
  const { file, name, busybox, command } = options;
  const folder = mkdtempSync(join(tmpdir(), "petage-image-"));
  try {
    const root = join(folder, "root");
    for (const each of ["bin", "tmp", "etc"]) mkdirSync(join(root, each), { recursive: true });
    copyFileSync(busybox, join(root, "bin", "busybox"));
    const applets = (await execute([busybox, "--list"])).split("\n").filter((applet) => applet !== "");
    for (const applet of applets) if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
    await archive(folder, { file, name, command });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The format of `docker save`: a manifest, a config and a layer, each named in the one before. */
async function archive(
  folder: string,
  { file, name, command }: { readonly file: string; readonly name: string; readonly command: readonly string[] },
): Promise<void> {
  const owner = ["--owner=0", "--group=0", "--numeric-owner"];
  await execute(["tar", ...owner, "-C", join(folder, "root"), "-cf", join(folder, "layer.tar"), "."]);
  const digest = createHash("sha256")
    .update(readFileSync(join(folder, "layer.tar")))
    .digest("hex");
  const config = {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config: { Cmd: command, Env: ["PATH=/bin"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  await execute(["tar", "-C", folder, "-cf", file, "manifest.json", "config.json", "layer.tar"]);
}
