import { PetageError } from "#lib/base/errors.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import type { Credentials } from "#lib/k8s/credentials.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { NOT_WATCHED } from "#lib/k8s/job/unwatched.ts";
import { CONFIG_MAPS, EVENTS, TRAINING_JOBS, pathOf } from "#lib/k8s/objects.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { changes } from "./watch-changes.ts";
import { noSuchJob, refuseEnded, refuseRank } from "./job-api.ts";
import type { JobApi, JobTable, LogLine, LogQuery, Manifest } from "./job-api.ts";
import { podLogs } from "./pod-logs.ts";
import { inWords, told } from "./server-words.ts";

/** Jobs in one answer of the API server. */
const PAGE_SIZE = 500;
const AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const TYPES: Readonly<Record<string, ResourceType>> = { TrainingJob: TRAINING_JOBS, ConfigMap: CONFIG_MAPS };

/** An event. */
interface Told extends KubeObject {
  readonly message: string;
}

interface TableAnswer {
  readonly metadata: { readonly continue?: string };
  readonly columnDefinitions?: JobTable["columns"];
  readonly rows?: JobTable["rows"];
}

/** The jobs of a namespace of Kubernetes. */
export class KubeJobs implements JobApi {
  readonly #credentials: Credentials;
  readonly #client: KubeClient;
  readonly #namespace: string;

  constructor(credentials: Credentials, namespace = credentials.namespace) {
    this.#credentials = credentials;
    this.#client = new KubeClient(credentials);
    this.#namespace = namespace;
  }

  get place(): string {
    return `in namespace ${this.#namespace}`;
  }

  async *submit(manifests: readonly Manifest[], { dryRun }: { readonly dryRun: boolean }): AsyncGenerator<Manifest> {
    if (!dryRun && manifests.length > 1) {
      for await (const _ of this.submit(manifests, { dryRun: true })); // no part of what is refused as a whole stays
    }
    for (const manifest of manifests) {
      const type = TYPES[manifest.kind] ?? TRAINING_JOBS;
      const object = { ...manifest, metadata: { namespace: this.#namespace, ...manifest.metadata } };
      yield await told(this.#client.create(type, object, { dryRun, strict: true }));
    }
  }

  async configText({
    namespace = this.#namespace,
    name,
    key,
  }: Parameters<JobApi["configText"]>[0]): Promise<string | undefined> {
    try {
      const { data } = await this.#client.get<Manifest>(CONFIG_MAPS, { namespace, name });
      return data?.[key];
    } catch (thrown) {
      if (thrown instanceof PetageError && thrown.code === "NOT_FOUND") return undefined;
      throw thrown;
    }
  }

  async get(name: string): Promise<TrainingJobObject> {
    return await this.#named(name, this.#client.get<TrainingJobObject>(TRAINING_JOBS, this.#at(name)));
  }

  async whyUnattended({ metadata: { uid } }: TrainingJobObject): Promise<string | undefined> {
    const query = { fieldSelector: `involvedObject.uid=${uid},reason=${NOT_WATCHED}` };
    try {
      const { items } = await this.#client.list<Told>(EVENTS, { namespace: this.#namespace, query });
      return items[0]?.message;
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.status === 403) return undefined; // nobody need see events
      throw inWords(thrown);
    }
  }

  async list({ allNamespaces, whole }: Parameters<JobApi["list"]>[0]): Promise<JobTable> {
    const path = pathOf(TRAINING_JOBS, allNamespaces ? {} : { namespace: this.#namespace });
    const rows: JobTable["rows"][number][] = [];
    for (let next: string | undefined; ;) {
      const query = { limit: PAGE_SIZE, continue: next, includeObject: whole ? "Object" : "Metadata" };
      const answer = await told(this.#client.call<TableAnswer>({ method: "GET", path, query, accept: AS_TABLE }));
      rows.push(...(answer.rows ?? []));
      next = answer.metadata.continue || undefined;
      if (next === undefined) return { columns: answer.columnDefinitions ?? [], rows };
    }
  }

  async *watch(name: string, signal: AbortSignal): AsyncGenerator<TrainingJobObject> {
    const { metadata } = await this.get(name);
    const selection = { type: TRAINING_JOBS, namespace: this.#namespace, fieldSelector: `metadata.name=${name}` };
    for await (const [job] of changes<TrainingJobObject>(this.#client, selection, signal)) {
      if (job?.metadata.uid !== metadata.uid || !job) {
        throw new PetageError("NOT_FOUND", `Job ${name} has been deleted`);
      }
      yield job;
      if (isTerminal(job.status?.phase)) return;
    }
  }

  async *logs(name: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    const job = await this.get(name);
    refuseRank(job, query);
    const ended = async (): Promise<void> => {
      for await (const _ of this.watch(name, signal));
    };
    yield* podLogs({ client: this.#client, namespace: this.#namespace, job, query, ended }, signal);
  }

  async cancel(name: string): Promise<void> {
    await this.#run(name, { cancel: true });
  }

  async suspend(name: string, suspend: boolean): Promise<void> {
    await this.#run(name, { suspend });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#credentials[Symbol.dispose]();
  }

  async #run(name: string, runPolicy: TrainingJobObject["spec"]["runPolicy"]): Promise<void> {
    refuseEnded(await this.get(name));
    await told(this.#client.merge(TRAINING_JOBS, this.#at(name), { patch: { spec: { runPolicy } } }));
  }

  #at(name: string): { readonly namespace: string; readonly name: string } {
    return { namespace: this.#namespace, name };
  }

  async #named<T>(name: string, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (thrown) {
      if (!(thrown instanceof KubeError) || thrown.status !== 404) throw inWords(thrown);
      const { rows } = await this.list({ allNamespaces: false, whole: false });
      throw noSuchJob(name, { place: this.place, known: rows.map(({ object }) => object.metadata.name) });
    }
  }
}
