import { isPlaced } from "./conditions.ts";
import type { JobStatus, Phase } from "./job-state.ts";
import type { CheckpointStatus } from "./training-job.ts";

/** Something about a job that people want to know of, where Kubernetes shows events. */
export interface JobEvent {
  readonly type: "Normal" | "Warning";
  /** One word: what happens again has the same one. */
  readonly reason: string;
  /** One sentence. */
  readonly message: string;
}

/** Where a job stood. */
export interface Standing {
  readonly status: JobStatus;
  readonly checkpoint?: CheckpointStatus | undefined;
}

/** Reasons of a status that an event of its own tells, or that follow from one that was told. */
const SILENT: ReadonlySet<string> = new Set([
  "Accepted",
  "Resumed",
  "Starting",
  "WaitingForNodes",
  "QuotaReserved",
  "Training",
  "Restarting",
]);
const NORMAL: ReadonlySet<string> = new Set(["Suspended", "Queued", "Resizing", "Cancelled", "Completed"]);

const GOES_ON: ReadonlySet<Phase> = new Set<Phase>(["Pending", "Scheduling", "Starting", "Running"]);

/** What has happened to a job from one status to the next, in that order: the straight way, and what leads off it. */
export function eventsBetween(before: Standing, now: Standing): JobEvent[] {
  return [...lifeBetween(before, now), ...checkpointBetween(before, now), ...reasonBetween(before, now)];
}

function lifeBetween({ status: before }: Standing, { status }: Standing): JobEvent[] {
  const isNew = before.attempt !== status.attempt;
  const normal = (happened: boolean, reason: string, message: string): JobEvent[] =>
    happened ? [{ type: "Normal", reason, message }] : [];
  const isLetIn = before.phase === "Queued" && GOES_ON.has(status.phase);
  return [
    ...normal(isLetIn, "QuotaReserved", "Let in by its queue"),
    ...normal(
      status.created && (isNew || !before.created),
      "Created",
      `All pods of attempt ${status.attempt} have been made`,
    ),
    ...normal(
      isPlaced(status) && (isNew || !isPlaced(before)),
      "Admitted",
      `Every pod of attempt ${status.attempt} has a node`,
    ),
    ...normal(status.phase === "Running" && (isNew || before.phase !== "Running"), "Running", status.message),
  ];
}

function checkpointBetween({ checkpoint: before }: Standing, { checkpoint }: Standing): JobEvent[] {
  if (checkpoint === undefined || checkpoint.step <= (before?.step ?? -1)) return [];
  return [{ type: "Normal", reason: "Checkpoint", message: `Step ${checkpoint.step}: ${checkpoint.uri}` }];
}

function reasonBetween({ status: before }: Standing, { status: { reason, message } }: Standing): JobEvent[] {
  if (reason === before.reason || SILENT.has(reason)) return [];
  return [{ type: NORMAL.has(reason) ? "Normal" : "Warning", reason, message }];
}
