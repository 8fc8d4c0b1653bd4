/** `npm run cluster -- up|down|status|kubectl|helm`: a Kubernetes cluster on this machine, as the tests use it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { ensureBinaries, missingTools } from "./cluster/binaries.ts";
import { isRunning } from "./cluster/process-identity.ts";
import { apiUrl } from "./cluster/site.ts";
import { isAbandoned, readState, staysFor, takenSlots } from "./cluster/slot.ts";
import type { ClusterState, Slot } from "./cluster/slot.ts";
import { CHECKOUT } from "./cluster/start.ts";
import { clusterSupport } from "./cluster/support.ts";
import { takeDown, takeDownAbandoned } from "./cluster/teardown.ts";
import { LEVELS } from "./cluster/tools.ts";
import type { Level } from "./cluster/tools.ts";
import { bringUp, wayIn } from "./cluster/up.ts";
import { consoleReport } from "./setup/report.ts";

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
  npm run cluster -- helm list --all-namespaces
  npm run cluster -- down`,
  );

command
  .command("up")
  .description("start a cluster that stays until it is taken down")
  .option("--level <level>", "1, 2 or 3 (default: the highest that this machine can run)", parseLevel)
  .option("--petage", "level 3: install petage of this checkout, in the namespace petage")
  .option("--gpus <number>", "with --petage: GPUs that the node is said to have", Number, 2)
  .action(up);
command
  .command("down")
  .description("take down the clusters that `up` started from this checkout, or those named")
  .argument("[number...]", "clusters of any checkout, as `status` numbers them", parseNumber)
  .option("--all", "those of other checkouts, too, but not those of running tests")
  .action(down);
command.command("status").description("what runs, and what this machine can run").action(status);
for (const name of ["kubectl", "helm"]) {
  command
    .command(name)
    .description(`run ${name} as the administrator of the newest cluster of this checkout`)
    .argument("[arguments...]")
    .helpOption(false)
    .passThroughOptions()
    .allowUnknownOption()
    .action((args: readonly string[]) => runClient(name, args));
}

function parseLevel(text: string): Level {
  const level = LEVELS.find((each) => String(each) === text);
  if (level === undefined) throw new InvalidArgumentError(`It must be ${LEVELS.join(", ")}.`);
  return level;
}

function parseNumber(text: string, before: readonly number[] = []): readonly number[] {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It must be the number of a cluster.");
  return [...before, Number(text)];
}

interface UpFlags {
  readonly level?: Level;
  readonly petage?: true;
  readonly gpus: number;
}

async function up({ level, petage, gpus }: UpFlags): Promise<void> {
  const report = consoleReport();
  const chosen = petage ? 3 : (level ?? (await highestLevel()));
  const plan = { level: chosen, ...(petage && { petage: { namespace: "petage", gpus } }) };
  const { cluster, notes } = await bringUp(plan, report);
  if (notes !== "") console.log(notes);
  console.log(await wayIn(cluster));
}

async function highestLevel(): Promise<Level> {
  let highest: Level = 1;
  for (const level of LEVELS) if ((await clusterSupport(level)).available) highest = level;
  return highest;
}

interface DownFlags {
  readonly all?: true;
}

async function down(numbers: readonly number[], { all }: DownFlags): Promise<void> {
  const known = clusters();
  const unknown = numbers.find((number) => !known.some(({ slot }) => slot.number === number));
  if (unknown !== undefined) {
    throw new PetageError("NOT_FOUND", `No cluster ${unknown} is up`, { hint: "See `npm run cluster -- status`" });
  }
  const isMeant = ({ slot, state }: KnownCluster): boolean =>
    numbers.length > 0
      ? numbers.includes(slot.number)
      : staysFor(CHECKOUT, state) || (all === true && state.owner === undefined);
  const taken = [...(await takeDownAbandoned())];
  for (const { slot } of known.filter((each) => isMeant(each))) {
    await takeDown(slot);
    taken.push(slot);
  }
  const listed = [...new Set(taken.map(({ number }) => number))];
  console.log(listed.length === 0 ? "No cluster of this checkout is up" : `Took down ${listed.join(", ")}`);
  for (const { slot, state } of clusters()) console.log(`Left: ${describe(slot, state)}`);
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
  const from = state.checkout === CHECKOUT ? "" : `, from ${state.checkout}`;
  const owner = state.owner === undefined ? from : `, of process ${state.owner.pid}${from}`;
  const condition = isAbandoned(state) ? "abandoned" : state.ready ? "ready" : "starting";
  const fallen = dead.length === 0 ? "" : `; ended: ${dead.join(", ")}`;
  return `Cluster ${slot.number}: level ${state.level}, ${condition}${owner}, ${apiUrl(slot)}, ${slot.folder}${fallen}`;
}

async function runClient(name: string, args: readonly string[]): Promise<void> {
  const newest = clusters().findLast(({ state }) => state.ready && staysFor(CHECKOUT, state));
  if (newest === undefined) {
    throw new PetageError("NOT_FOUND", "No cluster of this checkout is up", {
      hint: "Start one with `npm run cluster -- up`",
    });
  }
  const program = (await ensureBinaries(newest.state.level, consoleReport(), "person waits")).get(name);
  if (program === undefined) {
    const message = `A cluster of level ${newest.state.level} has no ${name}`;
    throw new PetageError("FAILED_PRECONDITION", message, { hint: "Start one with `npm run cluster -- up --level 2`" });
  }
  const env = { ...process.env, KUBECONFIG: join(newest.slot.folder, "admin.kubeconfig") };
  const child = spawn(program, args, { stdio: "inherit", env });
  const [code] = (await once(child, "close")) as [number | null];
  process.exitCode = code ?? 1;
}

interface KnownCluster {
  readonly slot: Slot;
  readonly state: ClusterState;
}

/** The clusters of this machine, by number. */
function clusters(): KnownCluster[] {
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
