import assert from "node:assert/strict";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { systemClock } from "#lib/system/clock.ts";
import type { Fault, FaultProxy, ProxiedCall } from "#test/lib/k8s/fault-proxy.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster, POD_GROUPS } from "#test/support/cluster-controller.ts";
import { Replica } from "#test/support/controller-replica.ts";
import { until } from "#test/support/until.ts";

const LIFE_TIMEOUT_MS = 90_000;
const HOUR_MS = 3_600_000;

function isWrite({ method, path }: ProxiedCall): boolean {
  return method !== "GET" && !path.includes("/leases");
}

function isGroup({ method, path }: ProxiedCall): boolean {
  return method === "POST" && path.includes("/podgroups");
}

/** A fault for the first so many calls that are wanted. */
function first(count: number, wanted: (call: ProxiedCall) => boolean, fault: Fault): FaultProxy["fault"] {
  let left = count;
  return (call) => (wanted(call) && left-- > 0 ? fault : undefined);
}

/** A fault for a quarter of the calls that are wanted, in an order that never repeats. */
function often(wanted: (call: ProxiedCall) => boolean, fault: Fault): FaultProxy["fault"] {
  let count = 0;
  return (call) => (wanted(call) && (count++ * Math.SQRT2) % 1 < 0.25 ? fault : undefined);
}

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: "answer",
  status: code,
  headers,
  body: JSON.stringify({ kind: "Status", code, reason: "Injected", message: "injected" }),
});

const EXPIRED = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } };

/** What goes wrong between the controller and the API server. */
const FAULTS: readonly {
  readonly what: string;
  readonly name: string;
  readonly prepare: (proxy: FaultProxy) => void;
  /** Namespaces that it watches besides. */
  readonly others?: readonly string[];
  /** Happens again and again, ms. */
  readonly every?: readonly [number, (proxy: FaultProxy) => void];
  /** The machine's clock is wrong by this, ms. */
  readonly clockOffMs?: () => number;
}[] = [
  { what: "watches break all the time", name: "cut", prepare() {}, every: [1_000, (proxy) => proxy.breakWatches()] },
  {
    what: "versions expire all the time",
    name: "expired",
    prepare() {},
    every: [1_000, (proxy) => proxy.inject(EXPIRED)],
  },
  {
    what: "the API server wants to be left alone",
    name: "throttled",
    prepare: (proxy) => (proxy.fault = first(6, isWrite, status(429, { "retry-after": "1" }))),
  },
  {
    what: "many a write is answered with 500",
    name: "shaky",
    prepare: (proxy) => (proxy.fault = often(isWrite, status(500))),
  },
  {
    what: "many a write finds no connection",
    name: "broken",
    prepare: (proxy) => (proxy.fault = often(isWrite, { kind: "break" })),
  },
  {
    what: "the groups of its pods are refused at first",
    name: "groupless",
    prepare: (proxy) => (proxy.fault = first(3, isGroup, status(500))),
  },
  {
    what: "answers to writes are lost",
    name: "lossy",
    prepare: (proxy) => (proxy.fault = first(2, isWrite, { kind: "lose", lost() {} })),
  },
  { what: "watches lag by two seconds", name: "stale", prepare: (proxy) => (proxy.delayMs = 2_000) },
  {
    what: "another of its namespaces is forbidden",
    name: "allowed",
    others: ["forbidden"],
    prepare: (proxy) => (proxy.fault = ({ path }) => (path.includes("/forbidden/") ? status(403) : undefined)),
  },
  {
    what: "the clock is set an hour forth and back all the time",
    name: "clock",
    prepare() {},
    clockOffMs: () => (Math.trunc(performance.now() / 1_000) % 2) * HOUR_MS,
  },
];

describe("a controller of a cluster whose API server is not well", function () {
  this.timeout(2 * LIFE_TIMEOUT_MS);
  const cluster = useCluster(2);
  const lives = new Map<string, Promise<TrainingJobObject>>();

  before("one job for each trouble", async () => {
    await cluster().addFakeNodes(2);
    for (const fault of FAULTS) {
      const life = live(fault);
      life.catch(() => undefined); // its own test tells
      lives.set(fault.name, life);
    }
  });

  /** A job that fails once and then succeeds. */
  async function live({ name, prepare, others = [], every, clockOffMs = () => 0 }: (typeof FAULTS)[number]) {
    const { kubeconfig } = cluster();
    using jobs = await JobCluster.prepare(kubeconfig, name);
    const clock = { ...systemClock, date: () => new Date(Date.now() + clockOffMs()) };
    await using replica = await Replica.start(
      { kubeconfig, namespace: name, watched: [name, ...others], lease: "only", clock },
      prepare,
    );
    const timer = every && setInterval(() => every[1](replica.proxy), every[0]);
    try {
      await jobs.apply("job", { workers: 2 });
      await run(jobs, 0);
      await jobs.obey("job-0-1", { "fail-after": "0s" });
      await run(jobs, 1);
      await Promise.all([0, 1].map((rank) => jobs.obey(`job-1-${rank}`, { "complete-after": "0s" })));
      const job = await jobs.isIn("job", "Succeeded", LIFE_TIMEOUT_MS);
      await until("its helpers are gone", async () => (await jobs.pods("job")).length === 3, LIFE_TIMEOUT_MS);
      return job;
    } finally {
      clearInterval(timer);
    }
  }

  /** Waits until all pods of an attempt run, whatever the controller knows of it. */
  async function run(jobs: JobCluster, attempt: number): Promise<void> {
    const isRunning = ({ metadata, status: now }: Pod): boolean =>
      metadata.name.startsWith(`job-${attempt}-`) && now?.phase === "Running";
    const running = async (): Promise<boolean> => (await jobs.pods("job")).filter(isRunning).length === 4;
    await until(`attempt ${attempt} in ${jobs.namespace} runs`, running, LIFE_TIMEOUT_MS);
  }

  describe("and has no scheduler of gangs", () => {
    const namespace = "gates";
    let jobs: JobCluster;
    let replica: Replica;

    before("a controller that finds none", async () => {
      const { kubeconfig } = cluster();
      await cluster().addFakeNodes(1, { gpus: 4, prefix: "gated" });
      jobs = await JobCluster.prepare(kubeconfig, namespace);
      replica = await Replica.start({ kubeconfig, namespace, lease: "only", readNodes: true }, (proxy) => {
        proxy.fault = ({ path }) => (path.startsWith("/apis/scheduling") ? status(404) : undefined);
      });
    });
    after(async () => {
      await replica?.[Symbol.asyncDispose]();
      jobs?.[Symbol.dispose]();
    });

    const held = async (name: string): Promise<number> =>
      (await jobs.pods(name)).filter(({ spec }) => spec.schedulingGates !== undefined).length;

    it("lets pods in when there is room for all of them", async () => {
      await jobs.apply("small", { workers: 3, gpu: {} });
      await jobs.isIn("small", "Running");
      assert.equal(await held("small"), 0);
      assert.deepEqual(await jobs.list(POD_GROUPS), []);
    });

    it("holds all of them back while there is not, and looks again", async () => {
      await jobs.apply("next", { workers: 2, gpu: {} });
      const { status: waiting } = await jobs.isIn("next", "Scheduling");
      const short =
        /^Waiting for room: 2 nvidia\.com\/gpu wanted, \d nvidia\.com\/gpu there, \d nvidia\.com\/gpu free$/;
      assert.match(waiting?.message ?? "", short);
      assert.equal(await held("next"), 4);
      await jobs.change("small", { runPolicy: { cancel: true } });
      await jobs.isIn("next", "Running");
      assert.equal(await held("next"), 0);
    });

    it("keeps its place for as long as it holds nothing", async () => {
      await jobs.apply("huge", { workers: 5, gpu: {}, schedulingPolicy: { startTimeoutSeconds: 10 } });
      const isOver = ({ metadata }: TrainingJobObject): boolean =>
        Date.now() - Date.parse(metadata.creationTimestamp ?? "") > 13_000;
      const { status: later } = await jobs.reaches("huge", isOver);
      assert.deepEqual([later?.phase, later?.attempt, later?.restartsIgnored ?? 0], ["Scheduling", 0, 0]);
    });
  });

  describe("meanwhile", () => {
    for (const { what, name } of FAULTS) {
      it(`brings a job to its end though ${what}, and makes each pod once`, async () => {
        const { status: end } = (await lives.get(name)) ?? {};
        assert.deepEqual(
          [end?.phase, end?.attempt, end?.restarts, end?.lastFailure?.worker],
          ["Succeeded", 1, 1, "job-0-1"],
          end?.message,
        );
        const made = cluster()
          .auditLog()
          .filter(({ namespace, verb, resource }) => namespace === name && verb === "create" && resource === "pods")
          .filter(({ code }) => code === 201);
        assert.equal(made.length, 8, "two attempts of two trainers, data-loader and evaluator");
      });
    }
  });
});
