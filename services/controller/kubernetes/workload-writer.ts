import type { Log } from "#lib/base/log.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { IN_USE, KUEUE_GROUP, workloadsOf } from "#lib/k8s/job/kueue.ts";
import type { KueueVersion, Workload } from "#lib/k8s/job/kueue.ts";
import { attemptContext } from "#lib/k8s/job/render.ts";
import type { JobSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { prioritySpec, priorityClassOf, workloadOf } from "#lib/k8s/job/workload.ts";
import type { Priority } from "#lib/k8s/job/workload.ts";
import type { WorkloadStep } from "#lib/k8s/job/workload-plan.ts";
import { keyOf } from "#lib/k8s/objects.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";

const PRIORITY_CLASSES: ResourceType = { group: "scheduling.k8s.io", version: "v1", plural: "priorityclasses" };

interface PriorityClass extends KubeObject {
  readonly value: number;
  readonly globalDefault?: boolean;
}

export interface WorkloadWriterOptions {
  readonly client: KubeClient;
  readonly workloads: Store<Workload>;
  readonly version: KueueVersion;
  readonly settings: JobSettings;
  readonly log: Log;
  /** Throws when this process may not write any more. */
  mayWrite(): void;
}

interface WorkloadOwner {
  readonly job: TrainingJobObject;
  /** Where it waits; empty where it asks for no queue any more. */
  readonly queue: string;
  readonly resolved: ResolvedJob;
}

/** Carries out what is planned for the Workloads of jobs. What has changed meanwhile is a 409, and looked at again. */
export class WorkloadWriter {
  readonly #options: WorkloadWriterOptions;

  constructor(options: WorkloadWriterOptions) {
    this.#options = options;
  }

  async take(step: WorkloadStep, workload: Workload | undefined, owner: WorkloadOwner): Promise<void> {
    if (step.kind === "create") return await this.#create(owner);
    if (workload === undefined) return;
    switch (step.kind) {
      case "release":
        return void (await this.release(workload));
      case "delete":
        return await this.#delete(await this.release(workload));
      case "status":
        return void (await this.#change(workload, { status: step.status }, "status"));
      case "prioritize":
        return void (await this.#change(workload, { spec: await this.#prioritySpec(owner.job) }));
      case "update":
        return void (await this.#change(workload, { spec: (await this.#render(owner)).spec }));
    }
  }

  /** Lets it be deleted: nothing uses its quota any more. */
  async release(workload: Workload): Promise<Workload> {
    const finalizers = (workload.metadata.finalizers ?? []).filter((finalizer) => finalizer !== IN_USE);
    return await this.#change(workload, { metadata: { finalizers } });
  }

  async #delete({ metadata: { namespace = "", name, uid = "" } }: Workload): Promise<void> {
    await this.#write(() => this.#options.client.delete(this.#type(), { namespace, name }, { uid })).catch(unlessGone);
  }

  async #change(
    workload: Workload,
    change: { metadata?: object; spec?: object; status?: object },
    subresource?: "status",
  ): Promise<Workload> {
    const { namespace = "", name, resourceVersion } = workload.metadata;
    const patch = { ...change, metadata: { ...change.metadata, resourceVersion } };
    const place = { namespace, name, ...(subresource && { subresource }) };
    const changed = await this.#write(() => this.#options.client.merge<Workload>(this.#type(), place, { patch }));
    this.#options.workloads.wrote(changed, resourceVersion);
    return changed;
  }

  async #create(owner: WorkloadOwner): Promise<void> {
    const { client, workloads, log } = this.#options;
    const workload = await this.#render(owner);
    const created = await this.#write(() => client.create<Workload>(this.#type(), workload));
    workloads.wrote(created, undefined);
    log.info("Queued by Kueue", { job: keyOf(owner.job), queue: owner.queue });
  }

  async #render({ job, queue, resolved }: WorkloadOwner): Promise<Workload> {
    const context = attemptContext({ job, settings: this.#options.settings, resolved, gangs: [] });
    const priority = await this.#priority(job);
    return workloadOf(context, { queue, priority, resolved, version: this.#options.version });
  }

  async #prioritySpec(job: TrainingJobObject): Promise<object> {
    return prioritySpec(await this.#priority(job), this.#options.version);
  }

  /** That of the class that the job names, else that of the cluster's default one. */
  async #priority(job: TrainingJobObject): Promise<Priority> {
    const { client } = this.#options;
    const of = priorityClassOf(job);
    if (of === undefined) {
      const { items } = await client.list<PriorityClass>(PRIORITY_CLASSES, {});
      const byDefault = items.filter(({ globalDefault }) => globalDefault).toSorted((a, b) => a.value - b.value)[0];
      if (byDefault === undefined) return { value: 0, of: undefined };
      return { value: byDefault.value, of: { kind: "PriorityClass", name: byDefault.metadata.name } };
    }
    const ofKueue = { group: KUEUE_GROUP, version: this.#options.version, plural: "workloadpriorityclasses" };
    const type = of.kind === "PriorityClass" ? PRIORITY_CLASSES : ofKueue;
    return { value: (await client.get<PriorityClass>(type, { name: of.name })).value, of };
  }

  #type(): ResourceType {
    return workloadsOf(this.#options.version);
  }

  async #write<T>(call: () => Promise<T>): Promise<T> {
    this.#options.mayWrite();
    return await call();
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof KubeError) || (error.status !== 404 && error.reason !== "Conflict")) throw error;
}
