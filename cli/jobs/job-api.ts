import { PetageError } from "#lib/base/errors.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { TrainingJobStatus } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";

/** What a user submits: a TrainingJob, or a ConfigMap that one of them names. */
export interface Manifest extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of a ConfigMap. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface JobManifest extends Manifest, Pick<TrainingJobObject, "spec"> {}

export interface JobTable {
  readonly columns: readonly {
    readonly name: string;
    /** 0: always shown; above: where there is room. */
    readonly priority: number;
  }[];
  readonly rows: readonly JobRow[];
}

export interface JobRow {
  readonly cells: readonly (string | number | boolean | null | undefined)[];
  /** Metadata at least; all of the job where it was asked for. */
  readonly object: KubeObject;
}

export interface LogQuery {
  /** Only of this process: `trainer-0`, `data-loader`. */
  readonly worker?: string;
  /** Go on with new lines until the job ends. */
  readonly follow: boolean;
  /** How many of the last lines of each process to begin with. */
  readonly tailLines?: number;
  /** Of this incarnation of the workers instead of the latest. */
  readonly attempt?: number;
}

export interface LogLine {
  /** `trainer-0`, `data-loader`. */
  readonly worker: string;
  readonly line: string;
}

/** The training jobs of a cluster or of a controller on one machine; the commands do not care which. */
export interface JobApi extends AsyncDisposable {
  /** Where its jobs are, for sentences: "in namespace default". */
  readonly place: string;
  /** Creates the jobs and what they name, in order; gives each as it was created. With `dryRun` nothing is kept. */
  submit(manifests: readonly Manifest[], options: { readonly dryRun: boolean }): AsyncIterable<Manifest>;
  /** The text of a ConfigMap that is there already; undefined where it, or its key, is not. */
  configText(place: {
    readonly namespace?: string;
    readonly name: string;
    readonly key: string;
  }): Promise<string | undefined>;
  get(name: string): Promise<TrainingJobObject>;
  /** Why nobody runs a job that has no status; undefined where nobody has said so. */
  whyUnattended(job: TrainingJobObject): Promise<string | undefined>;
  list(options: { readonly allNamespaces: boolean; readonly whole: boolean }): Promise<JobTable>;
  /** A job as it stands, then at every change; ends when the job has. */
  watch(name: string, signal: AbortSignal): AsyncIterable<TrainingJobObject>;
  logs(name: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Asks for its end; it ends in a while. */
  cancel(name: string): Promise<void>;
  /** Stops it, with a checkpoint, until it is called again with false. */
  suspend(name: string, suspend: boolean): Promise<void>;
}

/** How a job fares. One without a status says that nobody runs it: there is no controller, or not for its namespace. */
export function statusOf({ status }: TrainingJobObject): TrainingJobStatus {
  return status ?? { phase: "Pending", message: "No controller has looked at it yet" };
}

/** Refuses to change what has ended. */
export function refuseEnded(job: TrainingJobObject): void {
  if (!isTerminal(job.status?.phase)) return;
  throw new PetageError("FAILED_PRECONDITION", `Job ${job.metadata.name} has ended already: ${job.status?.phase}`, {
    hint: "A new job goes on from the last checkpoint of the same work dir",
  });
}

/** Refuses to wait for a trainer that the job cannot have. */
export function refuseRank({ metadata, spec }: TrainingJobObject, { worker = "" }: LogQuery): void {
  const [, rank] = /^trainer-(\d+)$/.exec(worker) ?? [];
  const last = Math.max(spec.workers ?? 1, spec.elastic?.maxWorkers ?? 1) - 1;
  if (rank === undefined || Number(rank) <= last) return;
  throw new PetageError("NOT_FOUND", `Job ${metadata.name} has no rank ${rank}: the last one is ${last}`);
}

export function noSuchJob(name: string, { place, known }: { place: string; known: Iterable<string> }): PetageError {
  const hint = didYouMean(name, known) ?? "`petage job list` shows those that are there";
  return new PetageError("NOT_FOUND", `There is no job named ${JSON.stringify(name)} ${place}`, { hint });
}

/** For what only a cluster can do. */
export function needsKubernetes(what: string): PetageError {
  return new PetageError("FAILED_PRECONDITION", `${what} needs Kubernetes`, {
    hint: "Leave out --controller, and choose a cluster with --kubeconfig and --context",
  });
}
