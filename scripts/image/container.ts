import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { programPath } from "../cluster/binaries.ts";
import { execute } from "../cluster/execute.ts";
import { buildah, runFolder } from "./store.ts";

const DEFAULT_TIMEOUT_MS = 120_000;

/** What an image says about the containers made of it. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly WorkingDir: string;
  readonly Entrypoint?: readonly string[];
  readonly Cmd: readonly string[];
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** An image of the store, unpacked for as long as this is not disposed of. */
export interface UnpackedImage extends AsyncDisposable {
  readonly root: string;
  readonly config: ImageConfig;
  /** Digests of the layers, the lowest first. */
  readonly layers: readonly string[];
}

interface Inspected {
  readonly OCIv1: { readonly config: ImageConfig; readonly rootfs: { readonly diff_ids: readonly string[] } };
}

/** @param image its name in the store, or `docker-archive:FILE`. */
export async function unpackImage(image: string): Promise<UnpackedImage> {
  const container = await buildah("from", "--pull-never", image);
  const { config, rootfs } = (JSON.parse(await buildah("inspect", container)) as Inspected).OCIv1;
  const root = await buildah("mount", container);
  const dispose = async (): Promise<void> => {
    await buildah("umount", container);
    await buildah("rm", container);
  };
  return { root, config, layers: rootfs.diff_ids, [Symbol.asyncDispose]: dispose };
}

export interface ContainerOptions {
  /** By default what the image starts. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Ends the container as a cluster would: by the image's stop signal. */
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
}

export interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Runs a container of an image to its end, as the chart does: the image's own user, no privileges, no network, a root
 * that cannot be written, memory for /tmp. It is told to end when this process does.
 */
export async function runContainer(image: UnpackedImage, options: ContainerOptions = {}): Promise<Ended> {
  const bundle = mkdtempSync(join(tmpdir(), "petage-container-"));
  const name = basename(bundle);
  const runc = [programPath("runc") ?? "runc", `--root=${runFolder("runc")}`];
  writeFileSync(join(bundle, "config.json"), JSON.stringify(specification(image, options)));
  try {
    return await follow(["setpriv", "--pdeathsig=TERM", ...runc, "run", "--bundle", bundle, name], options);
  } finally {
    await execute([...runc, "delete", "--force", name]).catch(() => undefined); // mostly it is gone
    rmSync(bundle, { recursive: true });
  }
}

async function follow([program = "", ...args]: readonly string[], options: ContainerOptions): Promise<Ended> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, onOutput } = options;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs, killSignal: "SIGKILL" });
  const stop = (): void => void child.kill("SIGTERM"); // runc passes it on
  signal?.addEventListener("abort", stop);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      onOutput?.(text);
    });
  }
  const [code, killedBy] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  signal?.removeEventListener("abort", stop);
  if (code === null) throw new Error(`The container was ended by ${killedBy} after at most ${timeoutMs} ms: ${output}`);
  return { exitCode: code, output };
}

/** What runc is told, in the format of the Open Container Initiative. */
function specification({ root, config }: UnpackedImage, { command, environment = {} }: ContainerOptions): object {
  const [uid, gid] = config.User.split(":").map(Number);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const memory = { type: "tmpfs", source: "tmpfs" };
  return {
    ociVersion: "1.0.2",
    root: { path: root, readonly: true },
    hostname: "petage",
    process: {
      user: { uid, gid },
      args: [...(config.Entrypoint ?? []), ...(command ?? config.Cmd)],
      env: [...config.Env, ...variables],
      cwd: config.WorkingDir,
      noNewPrivileges: true,
      capabilities: {},
    },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", ...memory, options: ["nosuid", "mode=755"] },
      { destination: "/tmp", ...memory, options: ["nosuid", "nodev", "mode=1777"] },
    ],
    linux: { namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })) },
  };
}
