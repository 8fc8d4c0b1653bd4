import { PetageError } from "#lib/base/errors.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { jobOf } from "#lib/rpc/job-from-message.ts";
import { API_VERSION, KIND } from "#lib/k8s/job/names.ts";
import { readableLine } from "#lib/host/logger.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import type { TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";
import { needsKubernetes, noSuchJob, refuseRank } from "./job-api.ts";
import type { JobApi, JobManifest, JobTable, LogLine, LogQuery, Manifest } from "./job-api.ts";
import { textBeside } from "./manifests-of-flags.ts";
import { isJob } from "./manifest-files.ts";
import { clusterOnlyFields, toMessage } from "./manifest-message.ts";
import { age } from "../print/text.ts";

/** Jobs in one answer of the controller. */
const PAGE_SIZE = 500;

/** The jobs of a controller, by its gRPC API. */
export class GrpcJobs implements JobApi {
  readonly #client: Client<"ControllerService">;
  readonly place: string;

  constructor(address: string, client = dial(address, "ControllerService")) {
    this.#client = client;
    this.place = `at the controller ${address}`;
  }

  async *submit(manifests: readonly Manifest[], { dryRun }: { readonly dryRun: boolean }): AsyncGenerator<Manifest> {
    for (const job of manifests.filter(isJob)) {
      const unused = clusterOnlyFields(job);
      if (unused.length > 0) {
        process.stderr.write(`petage: Left out, because gRPC does not have it: ${unused.join(", ")}\n`);
      }
      const request = { job: toMessage(withText(job, manifests)), validateOnly: dryRun };
      const { job: created } = await this.#client.createTrainingJob(request);
      yield { ...objectOf(present(created, job.metadata.name)), apiVersion: job.apiVersion, kind: job.kind };
    }
  }

  async configText(): Promise<undefined> {
    return undefined;
  }

  async get(name: string): Promise<TrainingJobObject> {
    const { job } = await this.#told(name, this.#client.getTrainingJob({ name }));
    return objectOf(present(job, name));
  }

  async whyUnattended(): Promise<undefined> {
    return undefined;
  }

  async list(): Promise<JobTable> {
    const jobs = await this.#all();
    return { columns: COLUMNS.map(({ name, priority }) => ({ name, priority })), rows: jobs.map(rowOf) };
  }

  async *watch(name: string, signal: AbortSignal): AsyncGenerator<TrainingJobObject> {
    await this.get(name);
    try {
      for await (const { job } of this.#client.watchTrainingJob({ name }, { signal })) if (job) yield objectOf(job);
    } catch (thrown) {
      if (!signal.aborted) throw thrown; // as with a cluster, a signal is a quiet end
    }
  }

  async *logs(name: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    const { worker = "", follow, tailLines, attempt } = query;
    if (attempt !== undefined) throw needsKubernetes("Logs of an earlier attempt");
    refuseRank(await this.get(name), query);
    const request = { name, worker, follow, ...(tailLines !== undefined && { tailLines }) };
    for await (const line of this.#client.streamLogs(request, { signal })) {
      yield { worker: line.worker, line: readableLine(line.line) };
    }
  }

  async cancel(name: string): Promise<void> {
    await this.#told(name, this.#client.cancelTrainingJob({ name, saveCheckpoint: true }));
  }

  async suspend(_name: string, suspend: boolean): Promise<void> {
    throw needsKubernetes(suspend ? "Suspending a job" : "Resuming a job");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  /** The newest first. */
  async #all(): Promise<TrainingJobObject[]> {
    const jobs: TrainingJobObject[] = [];
    for (let pageToken = ""; ;) {
      const page = await this.#client.listTrainingJobs({ pageSize: PAGE_SIZE, pageToken });
      jobs.push(...page.jobs.map(objectOf));
      pageToken = page.nextPageToken;
      if (pageToken === "") return jobs;
    }
  }

  async #told<T>(name: string, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (thrown) {
      if (!(thrown instanceof PetageError) || thrown.code !== "NOT_FOUND") throw thrown;
      const known = (await this.#all()).map(({ metadata }) => metadata.name);
      throw noSuchJob(name, { place: this.place, known });
    }
  }
}

type Cell = JobTable["rows"][number]["cells"][number];

/** The columns that the resource has on Kubernetes. */
const COLUMNS: readonly { name: string; priority: number; cell(job: TrainingJobObject): Cell }[] = [
  { name: "Name", priority: 0, cell: ({ metadata }) => metadata.name },
  { name: "Phase", priority: 0, cell: ({ status }) => status?.phase },
  { name: "Ready", priority: 0, cell: ({ status }) => status?.workers?.summary },
  { name: "Restarts", priority: 0, cell: ({ status }) => status?.restarts },
  { name: "Epoch", priority: 0, cell: ({ status }) => status?.progress?.epoch },
  { name: "Age", priority: 0, cell: ({ metadata }) => age(metadata.creationTimestamp, Date.now()) },
  { name: "Loss", priority: 1, cell: ({ status }) => status?.progress?.loss },
  { name: "ValMAE", priority: 1, cell: ({ status }) => status?.progress?.valMaeMonths },
  { name: "Checkpoint", priority: 1, cell: ({ status }) => status?.lastCheckpoint?.step },
  { name: "Message", priority: 1, cell: ({ status }) => status?.message },
];

function rowOf(job: TrainingJobObject): JobTable["rows"][number] {
  return { cells: COLUMNS.map(({ cell }) => cell(job)), object: job };
}

/** A job whose config is a ConfigMap of the same manifest, with the text in its place. */
function withText(job: JobManifest, manifests: readonly Manifest[]): JobManifest {
  const inline = textBeside(job, manifests);
  if (inline === undefined) return job;
  const { configMapRef, ...config } = job.spec.config;
  const fileName = configMapRef?.key ?? "config.py";
  return { ...job, spec: { ...job.spec, config: { ...config, inline, fileName } } };
}

/** The resource that a job would be in a cluster, which has no paths. */
function objectOf(message: TrainingJob__Output): TrainingJobObject {
  const { spec, ...job } = jobOf(message);
  const { path, ...config } = spec.config;
  const named = path === undefined ? spec : { ...spec, config: { name: path, ...config } };
  return { apiVersion: API_VERSION, kind: KIND, ...job, spec: named };
}

function present(job: TrainingJob__Output | null, name: string): TrainingJob__Output {
  if (job) return job;
  throw new PetageError("UNAVAILABLE", `The controller said nothing about job ${name}`);
}
