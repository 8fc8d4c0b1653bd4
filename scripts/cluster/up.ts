import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { CHART } from "../deploy.ts";
import { imageCache } from "../image/store.ts";
import { testImages } from "../image/test-images.ts";
import type { Report } from "../setup/report.ts";
import { ensureBinaries, ensurePackages, ensureTools, missingTools } from "./binaries.ts";
import type { Cluster } from "./cluster.ts";
import { preparePetage, SMALL_VALUES } from "./petage.ts";
import type { PetagePlace } from "./petage.ts";
import { runStages } from "./stages.ts";
import type { Stage } from "./stages.ts";
import { startCluster } from "./start.ts";
import { debianToolsOf, goToolsOf } from "./tools.ts";
import type { Level } from "./tools.ts";

/** What people use a cluster with. */
const CLIENTS = ["kubectl", "helm"];
/** On two free cores. */
const SECONDS = {
  packages: 20,
  programs: { 1: 300, 2: 420, 3: 540 },
  firstImages: 150,
  images: 20,
  start: 8,
  install: 40,
} as const;

export interface UpPlan {
  readonly level: Level;
  /** Where petage of this checkout is installed, too. */
  readonly petage?: PetagePlace;
}

/** Starts a cluster that stays, after all that it lacks has been made; `notes` are the chart's. */
export async function bringUp(
  plan: UpPlan,
  report: Report,
): Promise<{ readonly cluster: Cluster; readonly notes: string }> {
  const { level, petage } = plan;
  const up = new Up(level);
  const start: Stage = { title: `a cluster of level ${level}`, seconds: SECONDS.start, work: (own) => up.start(own) };
  const install = (place: PetagePlace): Stage => ({
    title: "petage",
    seconds: SECONDS.install,
    work: (own) => up.install(place, own),
  });
  const tools = await toolStages(level);
  await runStages(petage ? [...tools, imageStage(), start, install(petage)] : [...tools, start], report);
  return { cluster: up.cluster, notes: up.notes };
}

/** What the stages make. */
class Up {
  readonly #level: Level;
  #cluster: Cluster | undefined;
  notes = "";

  constructor(level: Level) {
    this.#level = level;
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new PetageError("INTERNAL", "The cluster was not started");
    return this.#cluster;
  }

  async start(report: Report): Promise<void> {
    this.#cluster = await startCluster({ level: this.#level, owned: false, report });
  }

  async install(place: PetagePlace, report: Report): Promise<void> {
    await preparePetage(this.cluster, place, report);
    const install = ["install", "petage", CHART, "--namespace", place.namespace, "--wait", "--timeout", "5m"];
    this.notes = await this.cluster.helm([...install, ...SMALL_VALUES]);
  }
}

async function toolStages(level: Level): Promise<Stage[]> {
  const { go, debian } = await missingTools(level);
  const share = go.length / goToolsOf(level).length;
  const packages: Stage = {
    title: "Debian packages",
    seconds: SECONDS.packages,
    work: (report) => ensurePackages(debianToolsOf(level), report),
  };
  const programs: Stage = {
    title: go.length === 1 ? "a program" : `${go.length} programs`,
    seconds: SECONDS.programs[level] * share,
    work: async (report) => void (await ensureTools(goToolsOf(level), report, "person waits")),
  };
  return [...(debian.length > 0 ? [packages] : []), ...(go.length > 0 ? [programs] : [])];
}

function imageStage(): Stage {
  const isFirst = !filesIn(imageCache()).some((name) => name.endsWith(".tar"));
  const work = async (report: Report): Promise<void> => void (await testImages(report));
  return { title: "images", seconds: isFirst ? SECONDS.firstImages : SECONDS.images, work };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nothing was made yet
  }
}

/** What to type to use a cluster, by the names that everybody knows: its clients lie in the cache, not on the PATH. */
export async function wayIn({ level, number, url, folder, kubeconfig }: Cluster): Promise<string> {
  const binaries = await ensureBinaries(level, { interactive: false, say() {}, bar: () => NO_BAR });
  const clients = CLIENTS.filter((name) => binaries.has(name));
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  for (const name of clients) symlinkSync(binaries.get(name) ?? "", join(bin, name));
  return `Cluster ${number} is ready. Its API server is ${url}, its logs are in ${folder}

  export KUBECONFIG=${kubeconfig}
  export PATH=${bin}:$PATH   # ${clients.join(" and ")}

Then \`${clients.map((name) => (name === "helm" ? "helm list -A" : "kubectl get nodes")).join("` and `")}\`; \`npm run cluster -- down\` takes it down.`;
}

const NO_BAR = { update() {}, [Symbol.dispose]() {} };
