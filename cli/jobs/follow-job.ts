import { PetageError } from "#lib/base/errors.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { JobView } from "../print/job-view.ts";
import { statusOf } from "./job-api.ts";
import type { JobApi } from "./job-api.ts";

export interface FollowOptions {
  /** Show what its workers write; otherwise how it fares. */
  readonly logs: boolean;
  /** Ends following. */
  readonly signal: AbortSignal;
}

/** Shows a job until it has ended, and tells how it did; undefined when the signal was first. */
export async function followJob(
  api: JobApi,
  name: string,
  { logs, signal }: FollowOptions,
): Promise<TrainingJobObject | undefined> {
  const view = new JobView();
  const showing = logs ? showLogs(api, [name, view], signal) : Promise.resolve();
  showing.catch(() => {}); // it is awaited below
  let last: TrainingJobObject | undefined;
  let said = "";
  try {
    for await (const job of api.watch(name, signal)) {
      last = job;
      const news = newsOf(job);
      if (!logs && news !== said) view.line(name, news);
      said = news;
      view.update(job.status?.progress);
    }
    await showing;
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    view.end();
  }
  if (signal.aborted) return undefined;
  if (last) return last;
  throw new PetageError("UNAVAILABLE", `Nothing was said about job ${name}`);
}

async function showLogs(api: JobApi, [name, view]: readonly [string, JobView], signal: AbortSignal): Promise<void> {
  for await (const { worker, line } of api.logs(name, { follow: true }, signal)) view.line(worker, line);
}

/** What changes rarely enough to be told in a line. */
function newsOf(job: TrainingJobObject): string {
  const { phase = "Pending", message = "", progress, workers } = statusOf(job);
  const epoch = progress?.epoch ? `, epoch ${progress.epoch}/${progress.maxEpochs ?? "?"}` : "";
  const mae = progress?.valMaeMonths === undefined ? "" : `, ${progress.valMaeMonths.toFixed(1)} months off`;
  return `${phase}${workers ? ` ${workers.summary}` : ""}${message ? `: ${message}` : ""}${epoch}${mae}`;
}
