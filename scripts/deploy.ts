/**
 * `node --import tsx scripts/deploy.ts`: writes what follows from something else under charts/ and deploy/. The chart's
 * copy of the CRD comes from deploy/crd, the table of values in the chart's README from values.yaml, and the manifests
 * of deploy/kustomize and test/golden/charts from the chart (with Helm; left alone where there is none). Tests compare
 * them.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMap, isScalar, parseDocument } from "yaml";
import type { YAMLMap } from "yaml";
import { findTool } from "./cluster/binaries.ts";
import { GO_TOOLS } from "./cluster/tools.ts";
import { run } from "./setup/run.ts";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const CHART = join(ROOT, "charts/petage");
export const CRD = join(ROOT, "deploy/crd/trainingjobs.petage.dev.yaml");
export const CHART_CRD = join(CHART, "files/trainingjobs.petage.dev.yaml");
export const KUSTOMIZE = join(ROOT, "deploy/kustomize/petage.yaml");

const HELM_TIMEOUT_MS = 60_000;
const TABLE = /(<!-- values -->\n)[^]*(<!-- end of values -->)/;

/** A value of the chart as its README shows it. */
export interface ChartValue {
  /** `inference.service.port` */
  readonly path: string;
  /** As JSON. */
  readonly standard: string;
  readonly description: string;
}

/** The values that values.yaml documents, in its order. Fails where one has no `# --` line. */
export function chartValues(text: string): ChartValue[] {
  return valuesOf(parseDocument(text).contents as YAMLMap, []);
}

function valuesOf(map: YAMLMap, path: readonly string[]): ChartValue[] {
  return map.items.flatMap((pair, index) => {
    if (!isScalar(pair.key)) return [];
    const here = [...path, String(pair.key.value)];
    // yaml gives the comment before the first key of a block to the block itself.
    const comment = pair.key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    const description = /(?:^|\n) -- ([^\n]*)/.exec(comment ?? "")?.[1];
    if (description !== undefined) {
      const value: unknown = pair.value === null ? null : (pair.value as YAMLMap).toJSON();
      return [{ path: here.join("."), standard: JSON.stringify(value), description }];
    }
    if (isMap(pair.value)) return valuesOf(pair.value, here);
    throw new Error(`values.yaml does not say what ${here.join(".")} is: write "# -- " and a sentence above it`);
  });
}

/** A README with its table of values as values.yaml has it. */
export function withValues(readme: string, values: readonly ChartValue[]): string {
  const rows = values.map(({ path, standard, description }) => {
    return `| \`${path}\` | ${description.replaceAll("|", "\\|")} | \`${standard.replaceAll("|", "\\|")}\` |`;
  });
  const table = ["", "| Value | What it is | Default |", "| --- | --- | --- |", ...rows, ""].join("\n");
  return readme.replace(TABLE, (_whole, begin: string, end: string) => `${begin}${table}\n${end}`);
}

/** The scenarios of the chart: files of values in its folder ci/. */
export function scenarios(): string[] {
  return readdirSync(join(CHART, "ci")).map((file) => file.replace(/-values\.yaml$/, ""));
}

/** What the chart renders for a scenario, less the CRD and with passwords that are no longer random. */
export async function render(helm: string, scenario: string): Promise<string> {
  const values = join(CHART, "ci", `${scenario}-values.yaml`);
  const place = ["--namespace", "petage", "--kube-version", "1.37.0", "--set", "crd.install=false"];
  const rendered = await run(helm, ["template", "petage", CHART, ...place, "--values", values], {
    timeoutMs: HELM_TIMEOUT_MS,
  });
  return rendered.replaceAll(
    /^( {2}(?:\w+-password|job-key|tokens|(?:tls|ca)\.(?:crt|key))): .*$/gm,
    "$1: Z2VuZXJhdGVk",
  );
}

/** Where what a scenario rendered to is kept, to see what a change of the chart changes. */
export function goldenOf(scenario: string): string {
  return join(ROOT, "test/golden/charts", `${scenario}.yaml`);
}

/** The manifests of deploy/kustomize: what the chart renders, less what only Helm understands. */
export async function kustomizeManifests(helm: string): Promise<string> {
  const values = join(CHART, "ci/kustomize-values.yaml");
  const args = ["template", "petage", CHART, "--namespace", "petage", "--values", values, "--no-hooks"];
  const rendered = await run(helm, [...args, "--kube-version", "1.37.0"], { timeoutMs: HELM_TIMEOUT_MS });
  const kept = rendered
    .replaceAll("app.kubernetes.io/managed-by: Helm", "app.kubernetes.io/managed-by: kustomize")
    .replaceAll(/^ +helm\.sh\/chart: .*\n/gm, "")
    .replaceAll(/^ +annotations:\n +helm\.sh\/resource-policy: keep\n/gm, "")
    .replaceAll(/^# Source: .*\n/gm, "");
  return `# Rendered from charts/petage by scripts/deploy.ts; edits are lost.\n${kept}`;
}

/** Helm, if it is here. */
export async function findHelm(): Promise<string | undefined> {
  const tool = GO_TOOLS.find(({ name }) => name === "helm");
  return tool && (await findTool(tool));
}

async function main(): Promise<void> {
  copyFileSync(CRD, CHART_CRD);
  const readme = join(CHART, "README.md");
  const values = chartValues(readFileSync(join(CHART, "values.yaml"), "utf8"));
  writeFileSync(readme, withValues(readFileSync(readme, "utf8"), values));
  await run("npx", ["prettier", "--write", readme], { timeoutMs: HELM_TIMEOUT_MS, cwd: ROOT });
  const helm = await findHelm();
  if (helm === undefined) return console.log("Left deploy/kustomize and test/golden/charts alone: no Helm here");
  writeFileSync(KUSTOMIZE, await kustomizeManifests(helm));
  mkdirSync(dirname(goldenOf("")), { recursive: true });
  for (const scenario of scenarios()) writeFileSync(goldenOf(scenario), await render(helm, scenario));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
