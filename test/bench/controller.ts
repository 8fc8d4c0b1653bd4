import { discoverGangs } from "#lib/k8s/job/gang.ts";
import type { Gang } from "#lib/k8s/job/pod-group.ts";
import { render } from "#lib/k8s/job/render.ts";
import { readSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { CONFIG_MAPS, PODS } from "#lib/k8s/objects.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { delay } from "#lib/system/clock.ts";
import { RESOLVED } from "#test/lib/k8s/job/rendered-job.ts";
import { controllerEnvironment } from "#test/support/cluster-controller.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { median } from "./benchmark.ts";
import { benchSpec, NAMESPACE, onBenchCluster } from "./controller-cluster.ts";
import type { BenchSite } from "./controller-cluster.ts";
import {
  cadenceOf,
  creationMs,
  histogramBound,
  podsMs,
  podsOf,
  readsSince,
  writes,
  writesSince,
} from "./controller-figures.ts";

/** The API server itself, with nobody in between, the very same pods. */
const BARE = "bare creates of the same pods, pooled client";
/** Those who publish a rate; on other machines, so no ratio is promised. */
const PUBLISHED = [
  { name: "KubeRay, published: 100 pods on kwok", value: 51 },
  { name: "JobSet, published: recovery at 15,000 nodes", value: 290 },
] as const;
const TARGET = { reconcileMs: 250, manyRatio: 1.3, rssMb: 250, leaseRenewalsPerSecond: 0.5, countsPerSecond: 1 };
/** Writes of a job besides its pods. */
const WRITES_BESIDES_PODS = 6;
/** Jobs that are worked on at a time without the controller. */
const LANES = 4;
/** What was put off is written within this. */
const SETTLE_MS = 1_500;

const SIZES = {
  full: {
    single: [
      { trainers: 1, turns: 11, targetRatio: 2 },
      { trainers: 8, turns: 11, targetRatio: 1.5 },
      { trainers: 64, turns: 7, targetRatio: 1.3 },
      { trainers: 1000, turns: 3, targetRatio: 1.1 },
    ],
    life: 8,
    many: { jobs: 1000, trainers: 8 },
    idleMs: 10_000,
  },
  tiny: {
    single: [{ trainers: 1, turns: 1, targetRatio: 2 }],
    life: 2,
    many: { jobs: 3, trainers: 2 },
    idleMs: 2_000,
  },
} as const;

/**
 * "N pods" are N trainers: their job has two pods more, which are waited for too. The scheduler stands still while pods
 * are made, and after that: for ten thousand of them in a thousand gangs it would take twenty minutes.
 */
export const controller: Benchmark = {
  about: "controller, real API server: apply to all pods made, writes, reads, 1,000 jobs, RSS (peer: bare creates)",
  run: (context) =>
    onBenchCluster(context, async function* (site) {
      const { single, life, many, idleMs } = SIZES[context.size];
      await runOnce(site, { name: "warm-up", trainers: 1 });
      const steadySince = Date.now();
      yield* benchLife(site, life, context);
      // It would share the processor with those who are measured, which it does on no cluster that has nodes.
      await site.schedule(false);
      for (const size of single) yield* benchSingle(site, size, context);
      const { pods, seconds } = yield* benchMany(site, many, context);
      yield await benchIdle(site, idleMs, context);
      const mb = (field: "VmRSS" | "VmHWM"): number => site.memoryBytes(field) / 1e6;
      yield { case: `RSS at ${pods} pods`, value: mb("VmRSS"), unit: "MB", targetValue: TARGET.rssMb };
      yield { case: "RSS at its highest", value: mb("VmHWM"), unit: "MB" };
      const reads = readsSince(site.auditLog(), steadySince).length;
      yield { case: "reads in steady state", value: reads, unit: "reads", targetValue: 0 };
      const peer = { name: BARE, value: await makeManyBare(site, many, context) };
      yield { case: nameOf(many), value: seconds, unit: "s", peer, targetRatio: TARGET.manyRatio };
    }),
};

interface SingleSize {
  readonly trainers: number;
  readonly turns: number;
  readonly targetRatio: number;
}

/** One job at a time, in turns with the same pods made without a controller. */
async function* benchSingle(
  site: BenchSite,
  { trainers, turns, targetRatio }: SingleSize,
  { say }: BenchContext,
): AsyncGenerator<Measurement> {
  const ours: number[] = [];
  const bare: number[] = [];
  let pods = 0;
  for (let turn = 0; turn < turns; turn++) {
    say(`controller, ${trainers} trainers: turn ${turn + 1} of ${turns}`);
    const name = `n${trainers}-t${turn}`;
    await runOnce(site, { name, trainers });
    await runBare(site, { name: `bare-${name}`, trainers });
    const log = site.auditLog();
    ours.push(creationMs(log, name));
    bare.push(podsMs(log, `bare-${name}`));
    pods = podsOf(log, name).length;
  }
  const peer = { name: BARE, value: median(bare) };
  yield {
    case: `${trainers} pod${trainers === 1 ? "" : "s"}`,
    value: median(ours),
    unit: "ms",
    peer,
    targetRatio,
  };
  if (trainers < 1000) return;
  const rate = (pods * 1000) / median(ours);
  for (const published of PUBLISHED)
    yield { case: `${trainers} pods, rate`, value: rate, unit: "pods/s", peer: published };
}

interface JobSize {
  readonly name: string;
  readonly trainers: number;
}

async function runOnce(site: BenchSite, { name, trainers }: JobSize): Promise<void> {
  await site.jobs.apply(name, benchSpec(trainers));
  await site.reach([name], hasAllPods);
  await site.clear();
  await delay(SETTLE_MS);
}

function hasAllPods({ status }: TrainingJobObject): boolean {
  return status?.allPodsCreatedTime !== undefined;
}

/** A job that the controller leaves alone, for `makeBare`. */
async function applyBare({ jobs }: BenchSite, { name, trainers }: JobSize): Promise<TrainingJobObject> {
  return await jobs.apply(name, benchSpec(trainers, { managedBy: "kueue.x-k8s.io/multikueue" }));
}

/** Creates what the controller would create for a job; the pods all at once. */
async function makeBare({ jobs }: BenchSite, job: TrainingJobObject, gangs: readonly Gang[]): Promise<void> {
  const { client } = jobs;
  // Of another release, so that the controller does not see the pods.
  const settings = readSettings({ ...controllerEnvironment(NAMESPACE, jobs.kubeconfig), PETAGE_JOB_INSTANCE: "bare" });
  const objects = render({ job, settings, resolved: RESOLVED, gangs });
  const isPod = ({ kind }: KubeObject): boolean => kind === "Pod";
  await Promise.all(objects.filter((each) => !isPod(each)).map((each) => client.create(typeOf(each), each)));
  await Promise.all(objects.filter(isPod).map((pod) => client.create(PODS, pod)));
}

async function runBare(site: BenchSite, size: JobSize): Promise<void> {
  await makeBare(site, await applyBare(site, size), await discoverGangs(site.jobs.client));
  await site.clear();
  await delay(SETTLE_MS);
}

function typeOf({ kind, apiVersion = "" }: KubeObject): ResourceType {
  const [group = "", version = ""] = apiVersion.split("/");
  return kind === "ConfigMap" ? CONFIG_MAPS : { group, version, plural: "podgroups" };
}

/** A job from its creation to its success, without trouble. */
async function* benchLife(site: BenchSite, trainers: number, { say }: BenchContext): AsyncGenerator<Measurement> {
  say("controller: the life of a job");
  const annotations = { "fake.petage.dev/complete-after": "3s" };
  await site.jobs.apply("life", benchSpec(trainers, { podTemplate: { metadata: { annotations } } }));
  await site.reach(["life"], ({ status }) => status?.phase === "Succeeded");
  await delay(SETTLE_MS);
  const log = site.auditLog();
  const pods = podsOf(log, "life").length;
  const written = writesSince(log, "life", NAMESPACE);
  say(`controller: writes of a job of ${pods} pods: ${summary(written)}`);
  await site.clear();
  await delay(SETTLE_MS);
  const { due, putOffPerSecond } = cadenceOf(written);
  const targetValue = pods + WRITES_BESIDES_PODS;
  yield { case: `writes per job, ${pods} pods`, value: due, unit: "writes", targetValue };
  yield {
    case: "writes of counts, per second",
    value: putOffPerSecond,
    unit: "writes/s",
    targetValue: TARGET.countsPerSecond,
  };
}

function summary(events: readonly { readonly verb: string; readonly resource: string }[]): string {
  const counts = new Map<string, number>();
  for (const { verb, resource } of events) {
    counts.set(`${verb} ${resource}`, (counts.get(`${verb} ${resource}`) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
}

interface ManySize {
  readonly jobs: number;
  readonly trainers: number;
}

function nameOf({ jobs, trainers }: ManySize): string {
  return `${jobs} jobs x ${trainers} pods`;
}

/** Many jobs at once; returns how many pods they have and how long it took to make them. */
async function* benchMany(
  site: BenchSite,
  size: ManySize,
  { say }: BenchContext,
): AsyncGenerator<Measurement, { readonly pods: number; readonly seconds: number }> {
  const { jobs, trainers } = size;
  say(`controller: ${nameOf(size)}`);
  const names = Array.from({ length: jobs }, (_, index) => `many-${index}`);
  await Promise.all(names.map((name) => site.jobs.apply(name, benchSpec(trainers))));
  await site.reach(names, hasAllPods);
  const log = site.auditLog();
  const pods = podsOf(log, "many").length;
  say(`controller: made in ${Math.round(creationMs(log, "many") / 1000)} s`);
  const p99S = histogramBound(await site.metrics(), "petage_controller_reconcile_seconds", 0.99);
  yield { case: `${nameOf(size)}, reconcile p99`, value: p99S * 1000, unit: "ms", targetValue: TARGET.reconcileMs };
  await delay(SETTLE_MS);
  return { pods, seconds: creationMs(log, "many") / 1000 };
}

/** The same objects, of as many jobs at a time as the controller looks at; how long it took, s. */
async function makeManyBare(site: BenchSite, { jobs, trainers }: ManySize, { say }: BenchContext): Promise<number> {
  say("controller: the same pods without it");
  await site.clear();
  const sizes = Array.from({ length: jobs }, (_, index) => ({ name: `bare-many-${index}`, trainers }));
  const applied = await Promise.all(sizes.map((size) => applyBare(site, size)));
  const gangs = await discoverGangs(site.jobs.client);
  const next = applied.values();
  const lane = async (): Promise<void> => {
    for (const job of next) await makeBare(site, job, gangs);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return podsMs(site.auditLog(), "bare-many") / 1000;
}

/** All jobs wait for nodes and nothing changes: only the lease is renewed. */
async function benchIdle(site: BenchSite, idleMs: number, { say }: BenchContext): Promise<Measurement> {
  say("controller: idle");
  const start = Date.now();
  await delay(idleMs);
  const log = site.auditLog().filter(({ receivedAt }) => receivedAt.getTime() >= start);
  const others = writes(log, NAMESPACE);
  if (others.length > 0) say(`controller: written though nothing changed: ${summary(others)}`);
  const renewals = log.filter(({ resource, verb }) => resource === "leases" && verb === "update");
  const perSecond = ((others.length + renewals.length) * 1000) / idleMs;
  return { case: "idle writes", value: perSecond, unit: "writes/s", targetValue: TARGET.leaseRenewalsPerSecond };
}
