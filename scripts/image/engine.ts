import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import { VERSION } from "#lib/host/version.ts";
import { run } from "../setup/run.ts";
import { buildWords } from "./build.ts";
import type { Target } from "./build.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROBE_TIMEOUT_MS = 30_000;
const CPU_IMAGE = `petage:${VERSION}`;

/** Builders that take the same words, the likeliest first, with a command that fails where one cannot work. */
const BUILDERS: Readonly<Record<string, readonly string[]>> = {
  docker: ["info"],
  podman: ["info"],
  buildah: ["info"],
};

/** The name of an image when nobody gives one: as the chart has it, with "-gpu" for GPUs. */
export function defaultName(target: Target): string {
  return target === "cpu" ? CPU_IMAGE : `${CPU_IMAGE}-${target}`;
}

export interface ImageRequest {
  readonly target: Target;
  readonly name: string;
  /** Overrides of the Dockerfile's arguments: `NODE_IMAGE`, ... */
  readonly arguments: Readonly<Record<string, string>>;
}

/** Builds an image with whatever builds images here, showing its output. */
export async function buildForPeople({ target, name, arguments: values }: ImageRequest): Promise<void> {
  const builder = await firstBuilder();
  const version = { VERSION, REVISION: await revision(), ...values };
  const layers = builder === "docker" ? [] : ["--layers"];
  const words = ["build", ...layers, ...buildWords({ target, name, context: ROOT, arguments: version })];
  console.log(`Building ${name} with ${builder}`);
  const env = { ...process.env, DOCKER_BUILDKIT: "1" };
  const [code] = (await once(spawn(builder, words, { stdio: "inherit", env }), "close")) as [number | null];
  if (code !== 0) throw new PetageError("PROCESS_FAILED", `${builder} ended with ${code}; its output is above`);
}

async function firstBuilder(): Promise<string> {
  for (const [name, probe] of Object.entries(BUILDERS)) {
    const works = await run(name, probe, { timeoutMs: PROBE_TIMEOUT_MS }).catch(() => undefined);
    if (works !== undefined) return name;
  }
  throw new PetageError("NOT_FOUND", `None of ${Object.keys(BUILDERS).join(", ")} works here`, {
    hint: "Install one of them, or start docker's daemon",
  });
}

async function revision(): Promise<string> {
  const options = { timeoutMs: PROBE_TIMEOUT_MS, cwd: ROOT };
  return await run("git", ["rev-parse", "HEAD"], options).then(
    (output) => output.trim(),
    () => "unknown",
  );
}
