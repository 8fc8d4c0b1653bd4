import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { buildah } from "./store.ts";
import type { Bases } from "./local-bases.ts";

export type Target = "cpu" | "gpu";

/** What docker, podman and buildah are told alike. */
export interface BuildOptions {
  readonly target: Target;
  /** Name and tag of the image. */
  readonly name: string;
  /** Folder with the Dockerfile and what it copies. */
  readonly context: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** The words after `docker build`. Where npm and pip find packages travels as secrets, which leave no trace. */
export function buildWords({ target, name, context, arguments: values }: BuildOptions): string[] {
  const words = Object.entries(values).map(([key, value]) => `--build-arg=${key}=${value}`);
  const secrets = indexSettings().map(([id, path]) => `--secret=id=${id},src=${path}`);
  return [`--target=${target}`, ...words, ...secrets, `--tag=${name}`, context];
}

/** The files in which this user's npm and pip are told about package indexes. */
function indexSettings(): [id: string, path: string][] {
  const { NPM_CONFIG_USERCONFIG: npmrc, PIP_CONFIG_FILE: pip } = process.env;
  const candidates: Readonly<Record<string, readonly (string | undefined)[]>> = {
    npmrc: [npmrc, join(homedir(), ".npmrc")],
    pip: [pip, join(homedir(), ".config/pip/pip.conf"), join(homedir(), ".pip/pip.conf"), "/etc/pip.conf"],
  };
  return Object.entries(candidates).flatMap(([id, paths]) => {
    const path = paths.find((each) => each !== undefined && existsSync(each));
    return path === undefined ? [] : [[id, path] satisfies [string, string]];
  });
}

/** Builds a target on the local bases, into the store. Layers that are there already are used. */
export async function buildLocally(options: BuildOptions, bases: Bases): Promise<void> {
  const images = {
    NODE_IMAGE: bases.node,
    CPU_RUNTIME_IMAGE: bases.debian,
    GPU_RUNTIME_IMAGE: bases.debian,
  };
  const words = buildWords({ ...options, arguments: { ...images, ...options.arguments } });
  await buildah("build", "--layers", "--pull-never", ...words);
}
