import type { Log } from "#lib/base/log.ts";
import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { stateOf } from "#lib/k8s/job/observe.ts";
import { podName } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { keyOf } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";
import { withTrainerReport } from "#lib/jobs/facts.ts";
import type { Access } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import { trainerReport } from "#lib/rpc/trainer-report.ts";
import { delay } from "#lib/system/clock.ts";
import type { Tracks } from "./tracks.ts";

/** How often trainers are asked how far they are; the status of a job changes no more often for it. */
export const PROGRESS_INTERVAL_MS = 5_000;
const ANSWER_TIMEOUT_MS = 3_000;
/** Trainers that are asked at a time. */
const MAX_QUESTIONS = 16;

export interface ProgressOptions {
  readonly jobs: Store<TrainingJobObject>;
  readonly pods: Store<Pod>;
  readonly tracks: Tracks;
  /** How the trainers are asked. */
  readonly access?: Access | undefined;
  readonly log: Log;
  now(): number;
  /** The facts of a job have changed. */
  onChange(key: string): void;
}

/** Asks the trainers of rank 0 of all running jobs how far they are, again and again until the signal aborts. */
export async function followProgress(options: ProgressOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const running = [...options.jobs.all()].filter(({ status }) => status?.phase === "Running");
    await mapLimited(running, MAX_QUESTIONS, async (job) => {
      if (!signal.aborted) await askOne(options, job, signal);
    });
    await delay(PROGRESS_INTERVAL_MS, signal).catch(() => undefined);
  }
}

async function askOne(options: ProgressOptions, job: TrainingJobObject, signal: AbortSignal): Promise<void> {
  const { pods, tracks, access, log, now, onChange } = options;
  const { namespace = "", name } = job.metadata;
  const worker = { role: "trainer", rank: 0, attempt: job.status?.attempt ?? 0 } as const;
  const pod = pods.get(`${namespace}/${podName(name, worker)}`);
  const state = pod && stateOf(pod, now());
  if (state?.state !== "ready") return;
  try {
    const ours = { ...(access && { access }), job: job.metadata.uid ?? "" };
    await using trainer = dial(state.address, "TrainerService", { ...ours, deadlineMs: ANSWER_TIMEOUT_MS, signal });
    const said = await trainer.getStatus({});
    if (said.jobUid !== job.metadata.uid) return; // an address that was somebody else's before
    const track = tracks.of(job, pods.ownedBy(job.metadata.uid ?? ""));
    track.facts = withTrainerReport(track.facts, trainerReport(said), now());
    onChange(keyOf(job));
  } catch (thrown) {
    log.debug("A trainer does not tell how far it is", { job: keyOf(job), error: PetageError.from(thrown).describe() });
  }
}
