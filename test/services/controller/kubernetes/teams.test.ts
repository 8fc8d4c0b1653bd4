import assert from "node:assert/strict";
import fc from "fast-check";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { WorkerName } from "#lib/jobs/job-state.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { keyOf } from "#lib/k8s/objects.ts";
import type { Fault, ProxiedCall } from "#test/lib/k8s/fault-proxy.ts";
import { NAMESPACES } from "#test/lib/k8s/proxied-cluster.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import { Replica } from "#test/support/controller-replica.ts";
import { PodStage } from "#test/support/stage-pods.ts";
import { until } from "#test/support/until.ts";

/** Random stories of one run; `PETAGE_STORIES=100` tells more of them, `PETAGE_STORY_SEED` the same ones again. */
const STORIES = Number(process.env["PETAGE_STORIES"] ?? 3);
const SEED = process.env["PETAGE_STORY_SEED"];
/** Stories that are told at a time; each has namespaces and controllers of its own. */
const AT_ONCE = 4;
const STEP_TIMEOUT_MS = 60_000;
const MAX_EVENTS = 12;

/** Of two teams: one has two namespaces. */
const PLACES = ["cats-train", "cats-try", "dogs"] as const;
type Place = (typeof PLACES)[number];
const JOBS = ["steady", "stumbles"] as const;
type JobName = (typeof JOBS)[number];

type Event =
  | { readonly kind: "create" | "let-end" | "suspend" | "resume"; readonly place: Place; readonly job: JobName }
  /** A namespace may not be seen for a while, or is deleted. */
  | { readonly kind: "forbid" | "allow" | "remove"; readonly place: Place }
  /** All jobs that may run do so, whatever may not. */
  | { readonly kind: "look" }
  /** A replica leaves and another comes, all of them die and others come. */
  | { readonly kind: "leave" | "crash" }
  /** Watches break, and cannot be taken up again: what they were at is too old. */
  | { readonly kind: "cut" | "expire" };

const somewhere = fc.constantFrom(...PLACES);
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("create" as const, "let-end" as const, "suspend" as const, "resume" as const),
      place: somewhere,
      job: fc.constantFrom(...JOBS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("forbid" as const, "allow" as const), place: somewhere }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), place: somewhere }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("leave" as const, "crash" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom("look" as const, "cut" as const, "expire" as const) }),
  },
);

const EXPIRED = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } };

const FORBIDDEN: Fault = {
  kind: "answer",
  status: 403,
  body: JSON.stringify({ kind: "Status", code: 403, reason: "Forbidden", message: "forbidden" }),
};

/** What all stories share. */
interface Stage {
  readonly kubeconfig: string;
  readonly pods: PodStage;
  /** Jobs, by key, whose trainers may end. */
  readonly mayEnd: Set<string>;
}

/** The three namespaces of a story, its controllers, and what has happened so far. */
class World {
  readonly #kubeconfig: string;
  readonly #name: string;
  readonly #spaces: ReadonlyMap<Place, JobCluster>;
  readonly #stage: PodStage;
  readonly #mayEnd: Set<string>;
  readonly #created = new Set<string>();
  readonly #suspended = new Set<string>();
  readonly #forbidden = new Set<Place>();
  readonly #removed = new Set<Place>();
  #replicas: Replica[] = [];
  #lease = 0;
  #born = 0;

  constructor(stage: Stage, spaces: ReadonlyMap<Place, JobCluster>, name: string) {
    this.#kubeconfig = stage.kubeconfig;
    this.#stage = stage.pods;
    this.#mayEnd = stage.mayEnd;
    this.#spaces = spaces;
    this.#name = name;
  }

  /** Jobs that are there before any controller is. */
  async begin(): Promise<void> {
    for (const each of PLACES) await this.happen({ kind: "create", place: each, job: "stumbles" });
    await this.#bear();
  }

  async happen(event: Event): Promise<void> {
    switch (event.kind) {
      case "create":
      case "let-end":
      case "suspend":
      case "resume":
        if (!this.#removed.has(event.place)) await this.#change(event);
        return;
      case "look":
        return await this.#reach("run", (key) => !this.#suspended.has(key) && !this.#isHidden(key), hasBegun);
      case "forbid":
        this.#forbidden.add(event.place);
        return this.#breakWatches();
      case "allow":
        this.#forbidden.delete(event.place);
        return;
      case "remove":
        if (this.#removed.size > 0) return; // one of them is enough
        this.#removed.add(event.place);
        return await this.#remove(this.#space(event.place));
      case "leave":
        await this.#replicas.shift()?.leave();
        return await this.#join();
      case "crash":
        await this.end();
        return await this.#bear();
      case "cut":
        return this.#breakWatches();
      case "expire":
        for (const { proxy } of this.#replicas) proxy.inject(EXPIRED);
    }
  }

  async #change({ kind, place: where, job }: Extract<Event, { readonly job: JobName }>): Promise<void> {
    const space = this.#space(where);
    const key = `${space.namespace}/${job}`;
    if (kind === "let-end") {
      this.#mayEnd.add(key);
      this.#stage.playOn();
    } else if (kind === "create") {
      if (this.#created.has(key)) return;
      this.#created.add(key);
      await space.apply(job, { workers: 2, runPolicy: { cleanPodPolicy: "All" } });
    } else if (this.#created.has(key)) {
      if (kind === "suspend") this.#suspended.add(key);
      else this.#suspended.delete(key);
      await space.change(job, { runPolicy: { suspend: kind === "suspend" } });
    }
  }

  /** All that may be seen ends while the rest may not, and that as soon as it may. */
  async conclude(): Promise<void> {
    for (const where of PLACES) {
      for (const job of JOBS) {
        await this.happen({ kind: "resume", place: where, job });
        await this.happen({ kind: "let-end", place: where, job });
      }
    }
    const isOver = (job: TrainingJobObject): boolean =>
      isTerminal(job.status?.phase) && this.#stage.podsOf(job).length === 0;
    await this.#reach("have ended", (key) => !this.#isHidden(key), isOver);
    this.#forbidden.clear();
    await this.#reach("have ended", () => true, isOver);
    for (const key of this.#there()) assert.deepEqual(summary(this.#stage.job(key)), lifeOf(key), key);
  }

  /** Waits until all jobs that are meant are as they should be. */
  async #reach(
    what: string,
    isMeant: (key: string) => boolean,
    is: (job: TrainingJobObject) => boolean,
  ): Promise<void> {
    const left = (): string[] =>
      this.#there().filter((key) => {
        const job = this.#stage.job(key);
        return isMeant(key) && (job === undefined || !is(job));
      });
    await until(`all jobs ${what}`, () => left().length === 0, STEP_TIMEOUT_MS).catch((error: unknown) => {
      const states = left().map((key) => `${key}: ${JSON.stringify(this.#stage.job(key)?.status)}`);
      throw new Error(`${String(error)}, but not ${states.join("; ")}`, { cause: error });
    });
  }

  /** Jobs that have been created, less those of a namespace that has been deleted. */
  #there(): string[] {
    return [...this.#created].filter((key) => ![...this.#removed].some((each) => this.#isIn(each, key)));
  }

  #isHidden(key: string): boolean {
    return [...this.#forbidden].some((each) => this.#isIn(each, key));
  }

  #isIn(where: Place, key: string): boolean {
    return key.startsWith(`${this.#space(where).namespace}/`);
  }

  /** Nobody takes away what is in it: it stays, and nothing can be made there any more. */
  async #remove({ client, namespace }: JobCluster): Promise<void> {
    await client.delete(NAMESPACES, { name: namespace });
  }

  async end(): Promise<void> {
    await Promise.all(this.#replicas.map(async (replica) => replica.kill()));
    this.#replicas = [];
  }

  #space(where: Place): JobCluster {
    const space = this.#spaces.get(where);
    assert.ok(space);
    return space;
  }

  /** Two replicas that know nothing of those before them, not even that they have died. */
  async #bear(): Promise<void> {
    this.#lease += 1;
    await this.#join();
    await this.#join();
  }

  async #join(): Promise<void> {
    const watched = PLACES.map((each) => this.#space(each).namespace);
    const names = { lease: `lease-${this.#lease}`, identity: `replica-${++this.#born}` };
    const options = { kubeconfig: this.#kubeconfig, namespace: `${this.#name}-home`, watched, ...names };
    this.#replicas.push(await Replica.start(options, (proxy) => (proxy.fault = this.#faultOf)));
  }

  readonly #faultOf = ({ path }: ProxiedCall): Fault | undefined => {
    const isHidden = [...this.#forbidden].some((each) => path.includes(`/namespaces/${this.#space(each).namespace}/`));
    return isHidden ? FORBIDDEN : undefined;
  };

  #breakWatches(): void {
    for (const { proxy } of this.#replicas) proxy.breakWatches();
  }
}

function hasBegun({ status }: TrainingJobObject): boolean {
  return status?.phase === "Running" || isTerminal(status?.phase);
}

/** A job that stumbles fails once. */
function exitCode({ role, rank }: WorkerName, job: TrainingJobObject): number | undefined {
  if (role !== "trainer") return undefined;
  const stumbles = job.metadata.name === "stumbles" && (job.status?.restarts ?? 0) === 0;
  return stumbles ? (rank === 1 ? 1 : undefined) : 0;
}

/** How a job ends that nobody disturbs. */
function lifeOf(key: string): ReturnType<typeof summary> {
  const stumbles = key.endsWith("/stumbles");
  return { phase: "Succeeded", restarts: stumbles ? 1 : 0, failure: stumbles ? ["trainer-1", 1] : undefined };
}

function summary(job: TrainingJobObject | undefined) {
  const { phase, restarts, lastFailure } = job?.status ?? {};
  const failure = lastFailure && [`trainer-${lastFailure.rank}`, lastFailure.exitCode];
  return { phase, restarts, failure };
}

describe("two teams with three namespaces", function () {
  this.timeout(STORIES * 2 * STEP_TIMEOUT_MS);
  const cluster = useCluster(1);
  const end = new AbortController();
  const mayEnd = new Set<string>();
  let credentials: Credentials;
  let stage: Stage;

  before("pods that play along", async () => {
    const { kubeconfig } = cluster();
    credentials = Credentials.load(kubeconfig);
    (await JobCluster.prepare(kubeconfig, "first"))[Symbol.dispose]();
    const isLet = (job: TrainingJobObject): boolean => mayEnd.has(keyOf(job));
    const pods = new PodStage(new KubeClient(credentials), (worker, job) =>
      isLet(job) ? exitCode(worker, job) : undefined,
    );
    void pods.run(end.signal);
    stage = { kubeconfig, pods, mayEnd };
  });
  after(() => {
    end.abort();
    credentials?.[Symbol.dispose]();
  });

  async function tell(story: readonly Event[], name: string): Promise<void> {
    const { kubeconfig } = cluster();
    (await JobCluster.prepare(kubeconfig, `${name}-home`))[Symbol.dispose]();
    const spaces = new Map<Place, JobCluster>();
    for (const each of PLACES) spaces.set(each, await JobCluster.prepare(kubeconfig, `${name}-${each}`));
    const world = new World(stage, spaces, name);
    try {
      await world.begin();
      for (const each of story) await world.happen(each);
      await world.conclude();
    } finally {
      await world.end();
      for (const space of spaces.values()) space[Symbol.dispose]();
    }
  }

  it("see every job go on and end as it would undisturbed, whatever happens to controllers, watches and other namespaces", async () => {
    const seed = SEED === undefined ? Date.now() % 2 ** 31 : Number(SEED);
    const stories = fc.sample(fc.array(anyEvent, { minLength: 4, maxLength: MAX_EVENTS }), { numRuns: STORIES, seed });
    const left = stories.entries();
    const tellOn = async (): Promise<void> => {
      for (const [index, story] of left) {
        await tell(story, `story-${index}`).catch((error: unknown) => {
          throw new Error(`Story ${index} of seed ${seed}: ${JSON.stringify(story)}: ${String(error)}`, {
            cause: error,
          });
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, tellOn));
    assert.deepEqual(stage.pods.violations, []);
  });
});
