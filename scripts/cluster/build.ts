import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, appear } from "../setup/cache.ts";
import { run } from "../setup/run.ts";
import { GO_MODULES, HELM, KUBERNETES } from "./tools.ts";
import type { GoModule, GoTool } from "./tools.ts";

const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
/** All of them take 10 minutes on two free cores. */
const BUILD_TIMEOUT_MS = 60 * 60_000;
/** Who waits for a build: tests that run meanwhile and have deadlines go before it, a person does not. */
export type Haste = "person waits" | "beside tests";
const NICENESS: Readonly<Record<Haste, string>> = { "person waits": "0", "beside tests": "5" };
/** Of the time of a build; the rest is linking. */
const COMPILING_SHARE = 0.8;

export interface BuildOptions {
  readonly haste?: Haste | undefined;
  /** Hears how much is done, from 0 to 1. */
  readonly update?: (share: number) => void;
}

interface Build extends Required<Pick<BuildOptions, "update">> {
  readonly niceness: string;
  readonly folder: string;
}

/** Where a built tool is, or will be. */
export function builtPath({ name, module }: GoTool): string {
  return cacheFolder("cluster", `${process.platform}-${process.arch}`, `${module.name}-${module.version}`, name);
}

/** Builds tools into the cache, where each appears whole or not at all. */
export async function build(
  tools: readonly GoTool[],
  { haste = "beside tests", update = () => {} }: BuildOptions = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "petage-build-"));
  const way: Build = { folder, update, niceness: NICENESS[haste] };
  try {
    const together = tools.filter(({ module }) => GO_MODULES.includes(module));
    if (together.length > 0) await buildTogether(together, way);
    for (const tool of tools) if (!together.includes(tool)) await buildAlone(tool, way);
    for (const tool of tools) {
      const output = join(folder, "bin", outputName(tool));
      await appear(builtPath(tool), (temporary) => Promise.resolve(copyFileSync(output, temporary)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In one module, so that what the programs share is compiled once. */
async function buildTogether(tools: readonly GoTool[], { folder, niceness, update }: Build): Promise<void> {
  writeFileSync(join(folder, "go.mod"), moduleFile(GO_MODULES, await upstreamModuleFile(folder)));
  for (const { package: path, source } of tools) if (source !== undefined) writeSource(join(folder, path), source);
  const packages = tools.map((tool) => tool.package);
  mkdirSync(join(folder, "bin"));
  const GOFLAGS = `${process.env["GOFLAGS"] ?? ""} -mod=mod -buildvcs=false`.trim();
  const options = { cwd: folder, niceness, variables: { GOFLAGS } };
  const all = (await go(["list", "-deps", ...packages], options)).trim().split("\n").length;
  let compiled = 0;
  const onLine = (): void => update(Math.min(1, ++compiled / all) * COMPILING_SHARE);
  const args = ["build", "-v", "-trimpath", "-ldflags", LINKER_FLAGS, "-o", "bin/", ...packages];
  await go(args, { ...options, onLine });
}

/** With the dependencies that its own go.mod pins: Go would look for the newest of what ours does not name. */
async function buildAlone({ package: path, module }: GoTool, { folder, niceness }: Build): Promise<void> {
  const args = ["install", "-trimpath", "-ldflags", "-s -w", `${path}@${module.version}`];
  await go(args, { cwd: folder, niceness, variables: { GOBIN: join(folder, "bin") } });
}

interface GoOptions {
  readonly cwd: string;
  readonly niceness: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Go says on stderr what it compiles. */
  readonly onLine?: (line: string) => void;
}

async function go(args: readonly string[], { cwd, niceness, variables, onLine }: GoOptions): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: "0", ...variables };
  const options = { timeoutMs: BUILD_TIMEOUT_MS, cwd, env, onComplaint: onLine };
  return await run("nice", ["-n", niceness, "go", ...args], options);
}

function writeSource(folder: string, source: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, "main.go"), source);
}

/** Go names a program after its package; a major version at the end of the path does not count. */
function outputName({ package: path }: GoTool): string {
  return (
    path
      .replace(/\/v\d+$/, "")
      .split("/")
      .at(-1) ?? path
  );
}

async function upstreamModuleFile(folder: string): Promise<string> {
  const args = ["mod", "download", "-json", `${KUBERNETES.path}@${KUBERNETES.version}`];
  const answer = await run("go", args, { timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: folder });
  return readFileSync((JSON.parse(answer) as { GoMod: string }).GoMod, "utf8");
}

/**
 * A go.mod that requires modules as dependencies, Kubernetes among them. Go ignores the replacements of a dependency;
 * Kubernetes needs its own, which point into its tree: the staging modules are published as v0.MINOR.PATCH.
 * @param upstream Kubernetes' own go.mod.
 */
export function moduleFile(modules: readonly GoModule[], upstream: string): string {
  const kept = upstream.split("\n").filter((line) => /^(go|godebug) /.test(line));
  const required = modules.map(({ path, version }) => `require ${path} ${version}`);
  const staging = [...upstream.matchAll(/^\s*(?:replace )?(k8s\.io\/\S+) => \.\/staging/gm)];
  const stagingVersion = KUBERNETES.version.replace(/^v1\./, "v0.");
  const replacements = staging.map(([, name]) => `replace ${name} => ${name} ${stagingVersion}`);
  return ["module petage.dev/cluster", ...kept, ...required, ...replacements, ""].join("\n");
}

/**
 * Programs tell their version, and Helm checks a chart's `kubeVersion`, only when they were built with it: otherwise a
 * Kubernetes component says that it is v0.0.0.
 */
const LINKER_FLAGS = ["-s -w", `-X ${HELM.path}/internal/version.version=${HELM.version}`, ...kubernetesVersion()].join(
  " ",
);

function kubernetesVersion(): string[] {
  const [major = "", minor = ""] = KUBERNETES.version.slice(1).split(".");
  const values = { gitVersion: KUBERNETES.version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  return ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((name) =>
    Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`),
  );
}
