/** `npm run cluster -- up|down|status|kubectl`: a Kubernetes cluster on this machine, as the tests use it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { binary, ensureBinaries, missingTools } from "./cluster/binaries.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { preparePetage, SMALL_VALUES } from "./cluster/petage.ts";
import { isRunning } from "./cluster/process-identity.ts";
import { apiUrl } from "./cluster/site.ts";
import { isAbandoned, readState, takenSlots } from "./cluster/slot.ts";
import type { ClusterState, Slot } from "./cluster/slot.ts";
import { startCluster } from "./cluster/start.ts";
import { clusterSupport } from "./cluster/support.ts";
import { takeDown, takeDownAbandoned } from "./cluster/teardown.ts";
import { LEVELS } from "./cluster/tools.ts";
import type { Level } from "./cluster/tools.ts";
import { CHART } from "./deploy.ts";
import { consoleReport } from "./setup/report.ts";
import type { Report } from "./setup/report.ts";

const command = new Command("cluster")
  .description("Runs a Kubernetes cluster on this machine, as the tests use it.")
  .enablePositionalOptions()
  .addHelpText(
    "after",
    `
Levels: 1 the API; 2 with scheduler, controllers, nodes played by kwok, and Helm; 3 with a node that runs containers.
The first \`up\` builds what it needs into the cache: 5, 8 and 10 minutes on two cores.

Examples:
  npm run cluster -- up --level 2
  npm run cluster -- kubectl get nodes
  npm run cluster -- up --petage
  npm run cluster -- down`,
  );

command
  .command("up")
  .description("start a cluster that stays until it is taken down")
  .option("--level <level>", "1, 2 or 3 (default: the highest that this machine can run)", parseLevel)
  .option("--petage", "level 3: install petage of this checkout, in the namespace petage")
  .option("--gpus <number>", "with --petage: GPUs that the node is said to have", Number, 2)
  .action(up);
command.command("down").description("take down every cluster but those of running tests").action(down);
command.command("status").description("what runs, and what this machine can run").action(status);
command
  .command("kubectl")
  .description("run kubectl as the administrator of the newest cluster")
  .argument("[arguments...]")
  .helpOption(false)
  .passThroughOptions()
  .allowUnknownOption()
  .action(kubectl);

function parseLevel(text: string): Level {
  const level = LEVELS.find((each) => String(each) === text);
  if (level === undefined) throw new InvalidArgumentError(`It must be ${LEVELS.join(", ")}.`);
  return level;
}

interface UpFlags {
  readonly level?: Level;
  readonly petage?: true;
  readonly gpus: number;
}

async function up({ level, petage, gpus }: UpFlags): Promise<void> {
  const startMs = performance.now();
  const report = consoleReport();
  const chosen = petage ? 3 : (level ?? (await highestLevel()));
  console.log(`Starting a cluster of level ${chosen}`);
  const cluster = await startCluster({ level: chosen, owned: false, report });
  console.log(`Cluster ${cluster.number} is ready after ${((performance.now() - startMs) / 1000).toFixed(1)} s.`);
  console.log(`Its API server is ${cluster.url}, its logs are in ${cluster.folder}`);
  if (petage) await installPetage(cluster, gpus, report);
  console.log(`\nexport KUBECONFIG=${cluster.kubeconfig}`);
}

async function installPetage(cluster: Cluster, gpus: number, report: Report): Promise<void> {
  const namespace = "petage";
  await preparePetage(cluster, { namespace, gpus }, report);
  const install = ["install", "petage", CHART, "--namespace", namespace, "--wait", "--timeout", "5m"];
  console.log(await cluster.helm([...install, ...SMALL_VALUES]));
}

async function highestLevel(): Promise<Level> {
  let highest: Level = 1;
  for (const level of LEVELS) if ((await clusterSupport(level)).available) highest = level;
  return highest;
}

async function down(): Promise<void> {
  const taken = [...(await takeDownAbandoned())];
  for (const { slot } of clusters().filter(({ state }) => state.owner === undefined)) {
    await takeDown(slot);
    taken.push(slot);
  }
  console.log(taken.length === 0 ? "No cluster is up" : `Took down ${taken.map(({ number }) => number).join(", ")}`);
}

async function status(): Promise<void> {
  for (const { slot, state } of clusters()) console.log(describe(slot, state));
  for (const level of LEVELS) {
    const support = await clusterSupport(level);
    const { go, debian } = await missingTools(level);
    const missing = [...go.map(({ name }) => name), ...debian.map((tool) => tool.package)];
    const ready = missing.length === 0 ? "ready" : `\`up\` first gets ${missing.join(", ")}`;
    console.log(`Level ${level}: ${support.available ? ready : `not here: ${support.why}`}`);
  }
}

function describe(slot: Slot, state: ClusterState): string {
  const dead = state.processes.filter((each) => !isRunning(each)).map(({ name }) => name);
  const owner = state.owner === undefined ? "" : `, of process ${state.owner.pid}`;
  const condition = isAbandoned(state) ? "abandoned" : state.ready ? "ready" : "starting";
  const fallen = dead.length === 0 ? "" : `; ended: ${dead.join(", ")}`;
  return `Cluster ${slot.number}: level ${state.level}, ${condition}${owner}, ${apiUrl(slot)}, ${slot.folder}${fallen}`;
}

async function kubectl(args: readonly string[]): Promise<void> {
  const newest = clusters().findLast(({ state }) => state.ready);
  if (newest === undefined) {
    throw new PetageError("NOT_FOUND", "No cluster is up", { hint: "Start one with `npm run cluster -- up`" });
  }
  const program = binary(await ensureBinaries(newest.state.level, consoleReport()), "kubectl");
  const env = { ...process.env, KUBECONFIG: join(newest.slot.folder, "admin.kubeconfig") };
  const child = spawn(program, args, { stdio: "inherit", env });
  const [code] = (await once(child, "close")) as [number | null];
  process.exitCode = code ?? 1;
}

/** The clusters of this machine, by number. */
function clusters(): { readonly slot: Slot; readonly state: ClusterState }[] {
  return takenSlots().flatMap((slot) => {
    const state = readState(slot);
    return state === undefined ? [] : [{ slot, state }];
  });
}

process.stdout.on("error", () => {}); // nobody reads on, as with `| head`
try {
  await command.parseAsync();
} catch (error) {
  console.error(PetageError.from(error).describe());
  process.exitCode = 1;
}
