import assert from "node:assert/strict";
import { defined } from "#lib/base/assert.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { LEASES } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { WorkerName } from "#lib/jobs/job-state.ts";
import type { Fault, FaultProxy, ProxiedCall } from "#test/lib/k8s/fault-proxy.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { Replica } from "#test/support/controller-replica.ts";
import { PodStage } from "#test/support/stage-pods.ts";
import { until } from "#test/support/until.ts";

const LIFE_TIMEOUT_MS = 90_000;
/** Lives that are lived at a time; each has a namespace and controllers of its own. */
const AT_ONCE = 16;

/** In the first attempt a trainer fails; in the second all goes well. */
function script({ role, rank, attempt }: WorkerName): number | undefined {
  if (role !== "trainer") return undefined;
  return attempt === 0 ? (rank === 1 ? 1 : undefined) : 0;
}

function isWrite({ method, path }: ProxiedCall): boolean {
  return method !== "GET" && !path.includes("/leases") && !/\/events(\/|$)/.test(path);
}

/** When a controller dies: at its how-manieth write (from 0), which still arrives or does not. */
interface Death {
  readonly write: number;
  readonly arrives: boolean;
}

describe("a controller of a cluster that is killed", function () {
  this.timeout(4 * LIFE_TIMEOUT_MS);
  const cluster = useCluster(1);
  const end = new AbortController();
  let credentials: Credentials;
  let stage: PodStage;
  let straight: Awaited<ReturnType<typeof live>>;

  before("pods that play along", async () => {
    credentials = Credentials.load(cluster().kubeconfig);
    (await JobCluster.prepare(cluster().kubeconfig, "first"))[Symbol.dispose]();
    stage = new PodStage(new KubeClient(credentials), script);
    void stage.run(end.signal);
    straight = await live("straight");
  });
  after(() => {
    end.abort();
    credentials?.[Symbol.dispose]();
  });

  /** One job from its beginning to its end, and how it stood then. */
  async function live(namespace: string, death?: Death) {
    const { kubeconfig } = cluster();
    using jobs = await JobCluster.prepare(kubeconfig, namespace);
    let writes = 0;
    let fatal = (): void => {};
    const dying = new Promise<void>((resolve) => (fatal = resolve));
    const prepare = (proxy: FaultProxy): void => {
      proxy.fault = (call): Fault | undefined => {
        if (!isWrite(call)) return undefined;
        const nth = writes++;
        if (!death || nth < death.write) return undefined;
        if (nth === death.write && death.arrives) return { kind: "lose", lost: fatal };
        if (nth === death.write) fatal();
        return { kind: "silence" };
      };
    };
    await using first = await Replica.start({ kubeconfig, namespace, lease: "first" }, prepare);
    await jobs.apply("job", { workers: 2, runPolicy: { cleanPodPolicy: "All" } });
    const ended = until(
      `the job in ${namespace} has ended: ${JSON.stringify(death)}`,
      () => {
        const job = stage.job(`${namespace}/job`);
        return job && isTerminal(job.status?.phase) && stage.podsOf(job).length === 0 && job;
      },
      LIFE_TIMEOUT_MS,
    );
    await Promise.race([dying, ended]);
    await first.kill();
    await using _second = await Replica.start({ kubeconfig, namespace, lease: "second" });
    const job = await ended;
    return { writes, end: summary(job) };
  }

  it("has nothing to do with a life in which all goes well", () => {
    assert.deepEqual(straight.end, {
      phase: "Succeeded",
      message: "Training is complete",
      attempt: 1,
      restarts: 1,
      restartsIgnored: 0,
      failure: ["job-0-1", 1, "Error"],
      ready: "0/2",
    });
    assert.deepEqual(stage.violations, []);
  });

  it("is followed by the other replica", async () => {
    using jobs = await JobCluster.prepare(cluster().kubeconfig, "replicas");
    const replicas = new Map<string, TestController>();
    try {
      for (const name of ["one", "other"]) replicas.set(name, await jobs.startController({ PETAGE_POD_NAME: name }));
      const killed = await until("one of them leads", () => leaderOf(jobs), LIFE_TIMEOUT_MS);
      process.kill(defined(replicas.get(killed), killed).pid, "SIGKILL");
      await jobs.apply("job", { workers: 2 });
      const job = await jobs.isIn("job", "Succeeded", LIFE_TIMEOUT_MS);
      assert.deepEqual(summary(job), straight.end);
      assert.notEqual(await leaderOf(jobs), killed);
    } finally {
      for (const replica of replicas.values()) await replica[Symbol.asyncDispose]();
    }
    assert.deepEqual(stage.violations, []);
  });

  for (const arrives of [false, true]) {
    it(`leads to the same end when it dies right ${arrives ? "after" : "before"} any of its writes`, async () => {
      const deaths = Array.from({ length: straight.writes }, (_, write): Death => ({ write, arrives }));
      const left = deaths.values();
      const liveOn = async (): Promise<void> => {
        for (const death of left) {
          const { end: found } = await live(`dies-${arrives ? "after" : "before"}-${death.write}`, death);
          const which = `killed at write ${death.write} of ${straight.writes}`;
          assert.deepEqual(found, straight.end, which);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, liveOn));
      assert.deepEqual(stage.violations, []);
      console.log(`      ${deaths.length} lives, killed at each of ${straight.writes} writes`);
    });
  }
});

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string };
}

async function leaderOf({ client, namespace }: JobCluster): Promise<string | undefined> {
  const lease = await client.get<Lease>(LEASES, { namespace, name: "petage-controller" }).catch(() => undefined);
  return lease?.spec.holderIdentity;
}

function summary({ status = {} }: TrainingJobObject) {
  const { phase, message, attempt, restarts, restartsIgnored = 0, lastFailure, workers } = status;
  const failure = [lastFailure?.worker, lastFailure?.exitCode, lastFailure?.reason];
  return { phase, message, attempt, restarts, restartsIgnored, failure, ready: workers?.summary };
}
