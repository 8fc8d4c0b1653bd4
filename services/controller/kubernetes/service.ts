import { randomUUID } from "node:crypto";
import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { keyOf, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { pageOf } from "#lib/rpc/pages.ts";
import { timestampOf } from "#lib/rpc/time.ts";
import { isTerminal } from "#lib/train/job-state.ts";
import type { Phase } from "#lib/train/job-state.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import { loadJobConfig } from "../job-config.ts";
import type { KubernetesController } from "./controller.ts";
import { podLogs } from "./logs.ts";
import { jobMessage, manifestOf } from "./messages.ts";
import { describe } from "./resolve.ts";

const PAGES = { defaultSize: 50, maxSize: 500 };
/** Requests that are remembered, so that a retry creates nothing twice. */
const REQUEST_LABEL = "petage.dev/request-id";

export interface ServiceOptions {
  readonly client: KubeClient;
  readonly controller: Pick<KubernetesController, "jobs" | "pods">;
  /** Jobs are created in the first; those of the others are named `namespace/name`. */
  readonly namespaces: readonly string[];
  readonly maxRestarts: number;
}

/** The gRPC API of the controller of a cluster: the same jobs that `kubectl` shows. */
export function createControllerService(options: ServiceOptions): Implementation<"ControllerService"> {
  const { client, controller } = options;
  const { jobs, pods } = controller;
  const [home = "default"] = options.namespaces;

  const find = (name: string): TrainingJobObject => {
    const job = jobs.get(name.includes("/") ? name : `${home}/${name}`);
    if (job) return job;
    const hint = didYouMean(
      name,
      [...jobs.all()].map(({ metadata }) => metadata.name),
    );
    throw new PetageError("NOT_FOUND", `There is no job named ${JSON.stringify(name)}`, hint ? { hint } : {});
  };

  async function create(request: CreateTrainingJobRequest__Output): Promise<TrainingJobObject> {
    const { requestId, job, validateOnly } = request;
    if (!job?.spec) throw new PetageError("INVALID_ARGUMENT", "The request has no job.spec");
    const repeated =
      requestId && [...jobs.all()].find(({ metadata }) => metadata.labels?.[REQUEST_LABEL] === requestId);
    if (repeated) return repeated;
    const name = job.metadata?.name || `${checkedConfig(job.spec)}-${randomUUID().slice(0, 5)}`;
    const manifest = manifestOf(job, { namespace: home, name, maxRestarts: options.maxRestarts });
    checkedConfig(job.spec);
    const labels = { ...manifest.metadata.labels, ...(requestId && { [REQUEST_LABEL]: requestId }) };
    const object = { ...manifest, metadata: { ...manifest.metadata, labels } };
    const created = await client.create(TRAINING_JOBS, object, { dryRun: validateOnly, strict: true });
    if (!validateOnly) jobs.wrote(created, undefined);
    return created;
  }

  return {
    createTrainingJob: async (request) => ({ job: jobMessage(await create(request)) }),
    getTrainingJob: async ({ name }) => ({ job: jobMessage(find(name)) }),
    listTrainingJobs: async ({ pageSize, pageToken }) => {
      const born = ({ metadata }: TrainingJobObject): string => metadata.creationTimestamp ?? "";
      const newestFirst = [...jobs.all()].toSorted((a, b) => born(b).localeCompare(born(a)));
      const { items, nextPageToken } = pageOf(newestFirst, { pageSize, pageToken }, PAGES);
      return { jobs: items.map(jobMessage), nextPageToken };
    },
    watchTrainingJob: ({ name, afterSequence }, { signal }) => watchJob(jobs, find(name), { afterSequence, signal }),
    async cancelTrainingJob({ name }) {
      const job = find(name);
      if (hasEnded(job)) {
        throw new PetageError("FAILED_PRECONDITION", `Job ${name} has ended already: ${job.status?.phase}`);
      }
      const { namespace = "", name: plain, resourceVersion } = job.metadata;
      const patch = { spec: { runPolicy: { cancel: true } } };
      const changed = await client.merge<TrainingJobObject>(TRAINING_JOBS, { namespace, name: plain }, { patch });
      jobs.wrote(changed, resourceVersion);
      return { job: jobMessage(changed) };
    },
    async *streamLogs({ name, worker, follow, tailLines }, { signal }) {
      const job = find(name);
      const wish = { worker, follow, tail: tailLines, signal };
      for await (const line of podLogs(client, [job, pods.ownedBy(job.metadata.uid ?? "")], wish)) {
        yield {
          worker: line.worker,
          line: line.line,
          time: timestampOf(line.time),
          stream: "LOG_STREAM_STDOUT" as const,
        };
      }
    },
  };
}

interface WatchWish {
  readonly afterSequence: number;
  readonly signal: AbortSignal;
}

/** A job as it stands, then at every change, until it has ended. */
async function* watchJob(
  jobs: Store<TrainingJobObject>,
  first: TrainingJobObject,
  { afterSequence, signal }: WatchWish,
) {
  const key = keyOf(first);
  let last: TrainingJobObject | undefined;
  for (let sequence = 1; !signal.aborted;) {
    const job = jobs.get(key);
    if (!job) throw new PetageError("NOT_FOUND", `Job ${key} was deleted`);
    if (job === last) {
      await changeOf(jobs, key, signal);
      continue;
    }
    last = job;
    if (sequence > afterSequence) yield { sequence, job: jobMessage(job) };
    sequence += 1;
    if (hasEnded(job)) return;
  }
}

function changeOf(jobs: Store<TrainingJobObject>, key: string, signal: AbortSignal): Promise<void> {
  let forget = (): void => {};
  const changed = new Promise<void>((resolve) => {
    forget = jobs.onChange((change) => {
      if (change.key === key) resolve();
    });
  });
  return abortable(changed, signal)
    .catch(() => undefined)
    .finally(forget);
}

/** The config's name, checked now: an error in it is the caller's answer, not a condition later. */
function checkedConfig({
  config: source,
}: NonNullable<NonNullable<CreateTrainingJobRequest__Output["job"]>["spec"]>): string {
  const options = source?.cfgOptions ?? [];
  if (source?.path || !(source?.name || source?.text)) {
    throw new PetageError("INVALID_ARGUMENT", "spec.config names no config that a cluster can read", {
      hint: "Set one of name (a config that comes with petage) and text; a path is a file of one machine",
    });
  }
  const wish = source.name
    ? { name: source.name }
    : { text: source.text ?? "", fileName: source.fileName || "config.py" };
  const { configName, config } = loadJobConfig({ ...wish, options });
  describe({ name: configName, config }, "");
  const plain = configName.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-|-$/g, "").slice(0, 30) || "job";
}

function hasEnded({ status }: TrainingJobObject): boolean {
  return isTerminal((status?.phase ?? "Pending") as Phase);
}
