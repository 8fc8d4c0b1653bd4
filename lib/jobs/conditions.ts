import { isoTime } from "#lib/base/iso-time.ts";
import type { Instant, JobStatus } from "./job-state.ts";
import type { Condition } from "./training-job.ts";

/** What the schema of the resource takes of a message. */
export const MAX_MESSAGE_CHARACTERS = 4096;

/** The condition whose reason is that of the phase. */
export const REASON_OF = "Running";

/** Why a job is not begun: its own fault, or that of what it needs. */
export const NOT_ADMITTED: ReadonlySet<string> = new Set(["ConfigInvalid", "ConfigMapNotFound"]);

type Saying = Pick<Condition, "reason" | "message">;

interface Kind {
  readonly type: string;
  /** @param before whether it held before */
  readonly holds: (status: JobStatus, before: boolean) => boolean;
  /** What it says while it holds, and while it does not; by default what the status says. */
  readonly says?: Partial<Record<Condition["status"], Saying>>;
  /** Absent until it has been true once. */
  readonly once?: true;
}

const KINDS: readonly Kind[] = [
  {
    type: "Admitted",
    holds: ({ reason }) => !NOT_ADMITTED.has(reason),
    says: { True: { reason: "Admitted", message: "The config is valid, and what the job names is there" } },
  },
  {
    type: "GangScheduled",
    holds: (status, before) => (status.phase === "Stopping" ? before : isPlaced(status)),
    says: { True: { reason: "Scheduled", message: "Every pod of the attempt has a node" } },
  },
  { type: REASON_OF, holds: ({ phase }) => phase === "Running" },
  {
    // Kueue's users know a job that waits in its queue as suspended.
    type: "Suspended",
    holds: ({ phase }) => phase === "Suspended" || phase === "Queued",
    says: { False: { reason: "Resumed", message: "Resumed" } },
    once: true,
  },
  { type: "Complete", holds: ({ phase }) => phase === "Succeeded", once: true },
  { type: "Failed", holds: ({ phase }) => phase === "Failed", once: true },
  { type: "Cancelled", holds: ({ phase }) => phase === "Cancelled", once: true },
];

/** Whether all processes of the attempt have found their places, or had them until the end. */
export function isPlaced({ phase, created }: Pick<JobStatus, "phase" | "created">): boolean {
  return created && (phase === "Starting" || phase === "Running" || phase === "Succeeded");
}

interface ConditionContext {
  readonly status: JobStatus;
  readonly earlier: readonly Condition[];
  readonly now: Instant;
  readonly generation: number;
}

/** The conditions of a job. Each has the time at which it changed last. */
export function conditionsOf({ status, earlier, now, generation }: ConditionContext): Condition[] {
  return KINDS.flatMap(({ type, holds, says, once }): Condition[] => {
    const before = earlier.find((condition) => condition.type === type);
    const holdsNow = holds(status, before?.status === "True");
    if (once && !holdsNow && !before) return [];
    const value = holdsNow ? "True" : "False";
    const { reason, message } = says?.[value] ?? { reason: status.reason || status.phase, message: status.message };
    const about = { type, status: value, reason, message: message.slice(0, MAX_MESSAGE_CHARACTERS) } as const;
    const lastTransitionTime = before?.status === value ? before.lastTransitionTime : isoTime(now);
    return [{ ...about, observedGeneration: generation, lastTransitionTime }];
  });
}
