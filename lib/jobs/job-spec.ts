import type { FailureRule, JobSpec } from "./job-state.ts";
import type { TrainingJob, TrainingJobSpec } from "./training-job.ts";

/** Waits before restarts: 10 s after the second failure without a new checkpoint, then doubling. */
const RESTART_BACKOFF = { firstMs: 10_000, maximumMs: 360_000 };
/** As the resource's schema has them, for jobs that have not been through the API server. */
const DEFAULTS = { maxRestarts: 6, startTimeoutSeconds: 600 };

const CONTINUE_HINT = "Continue with a new job of the same work dir that has checkpoint.resume: Auto";

/**
 * A job as the plan wants it.
 * @param place what is otherwise than in a cluster where it runs
 */
export function jobSpecOf(
  { metadata, spec, status }: TrainingJob,
  { validates }: { readonly validates: boolean },
  place: Partial<JobSpec> = {},
): JobSpec {
  const { workers = 1, elastic, failurePolicy = {}, schedulingPolicy = {}, runPolicy = {} } = spec;
  const { maxRestarts = DEFAULTS.maxRestarts, rules = [] } = failurePolicy;
  const { activeDeadlineSeconds, ttlSecondsAfterFinished, cleanPodPolicy = "Running" } = runPolicy;
  return {
    name: metadata.name,
    workers,
    minWorkers: elastic?.minWorkers ?? workers,
    maxRestarts,
    rules: rules.map(ruleOf),
    ownNatsServer: false,
    dataLoaders: spec.dataLoader?.replicas ?? 1,
    evaluator: validates,
    startsTogether: true,
    startTimeoutMs: (schedulingPolicy.startTimeoutSeconds ?? DEFAULTS.startTimeoutSeconds) * 1000,
    activeDeadlineMs: milliseconds(activeDeadlineSeconds),
    ttlMs: milliseconds(ttlSecondsAfterFinished),
    cleanPolicy: cleanPodPolicy,
    backoff: RESTART_BACKOFF,
    continueHint: status?.lastCheckpoint ? CONTINUE_HINT : "",
    ...place,
  };
}

function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1000;
}

type Rule = NonNullable<NonNullable<TrainingJob["spec"]["failurePolicy"]>["rules"]>[number];

function ruleOf({ exitCodes = [], podConditions = [], action }: Rule): FailureRule {
  return {
    ...(exitCodes.length > 0 && { exitCodes }),
    ...(podConditions.includes("DisruptionTarget") && { disrupted: true }),
    action,
  };
}

/** Which checkpoint a job begins with: `Auto`, `Never`, or the checkpoint. The job's own word wins over the config's. */
export function resumeOf({ checkpoint }: TrainingJobSpec, { resume }: { readonly resume: boolean }): string {
  return checkpoint?.resume ?? (resume ? "Auto" : "Never");
}
