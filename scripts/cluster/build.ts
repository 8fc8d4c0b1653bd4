import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, appear } from "../setup/cache.ts";
import { run } from "../setup/run.ts";
import type { GoModule, GoTool } from "./tools.ts";

const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
/** The API server takes 4.5 minutes on two free cores. */
const BUILD_TIMEOUT_MS = 60 * 60_000;
/** Nobody waits for a build alone. */
const NICENESS = "19";

/** Where a built tool is, or will be. */
export function builtPath({ name, module }: GoTool): string {
  return cacheFolder("cluster", `${process.platform}-${process.arch}`, `${module.name}-${module.version}`, name);
}

/** Builds a tool into the cache; it appears there whole or not at all. */
export async function build(tool: GoTool): Promise<string> {
  const path = builtPath(tool);
  const folder = mkdtempSync(join(tmpdir(), "petage-build-"));
  try {
    const output = tool.module.build === "install" ? await install(tool, folder) : await buildRequired(tool, folder);
    await appear(path, (temporary) => Promise.resolve(copyFileSync(output, temporary)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

async function install({ name, module, package: main }: GoTool, folder: string): Promise<string> {
  const ldflags = `-s -w ${module.name === "helm" ? helmVersion(module) : ""}`;
  await go(["install", "-trimpath", "-ldflags", ldflags, `${main}@${module.version}`], {
    cwd: folder,
    environment: { GOBIN: folder },
  });
  return join(folder, name);
}

/** Helm tells a chart's `kubeVersion` and people its own version only when it was built with it. */
function helmVersion({ path, version }: GoModule): string {
  return `-X ${path}/internal/version.version=${version}`;
}

async function buildRequired({ name, module, package: main }: GoTool, folder: string): Promise<string> {
  writeFileSync(join(folder, "go.mod"), moduleFile(module, await upstreamModuleFile(module, folder)));
  const output = join(folder, "bin", name);
  mkdirSync(join(folder, "bin"));
  await go(["build", "-trimpath", "-ldflags", linkerFlags(module), "-o", output, main], {
    cwd: folder,
    environment: { GOFLAGS: `${process.env["GOFLAGS"] ?? ""} -mod=mod -buildvcs=false`.trim() },
  });
  return output;
}

async function upstreamModuleFile({ path, version }: GoModule, folder: string): Promise<string> {
  const args = ["mod", "download", "-json", `${path}@${version}`];
  const answer = await run("go", args, { timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: folder });
  return readFileSync((JSON.parse(answer) as { GoMod: string }).GoMod, "utf8");
}

/**
 * A go.mod that requires a module as a dependency. Go ignores the replacements of a dependency; Kubernetes needs its
 * own, which point into its tree: the staging modules are published as v0.MINOR.PATCH.
 */
export function moduleFile({ path, version, build: how }: GoModule, upstream: string): string {
  const kept = upstream.split("\n").filter((line) => /^(go|godebug) /.test(line));
  const staging = how === "staging" ? [...upstream.matchAll(/^\s*(?:replace )?(k8s\.io\/\S+) => \.\/staging/gm)] : [];
  const replacements = staging.map(([, name]) => `replace ${name} => ${name} ${version.replace(/^v1\./, "v0.")}`);
  return ["module petage.dev/cluster", ...kept, `require ${path} ${version}`, ...replacements, ""].join("\n");
}

/** Without these a Kubernetes component says that it is v0.0.0, and Helm's `kubeVersion` checks fail. */
function linkerFlags({ build: how, version }: GoModule): string {
  if (how !== "staging") return "-s -w";
  const [major = "", minor = ""] = version.slice(1).split(".");
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const settings = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((name) =>
    Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`),
  );
  return ["-s -w", ...settings].join(" ");
}

interface GoOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function go(args: readonly string[], { cwd, environment }: GoOptions): Promise<void> {
  await run("nice", ["-n", NICENESS, "go", ...args], {
    timeoutMs: BUILD_TIMEOUT_MS,
    cwd,
    env: { ...process.env, CGO_ENABLED: "0", ...environment },
  });
}
