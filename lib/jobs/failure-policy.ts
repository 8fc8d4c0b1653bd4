import {
  COLLATERAL_EXIT_CODE,
  current,
  isAlive,
  nameOf,
  STOPPED_EXIT_CODE,
  succeeded,
  USER_ERROR_EXIT_CODE,
  workerLabel,
} from "./job-state.ts";
import type {
  Exit,
  Failure,
  FailureAction,
  FailureRule,
  Instant,
  JobSpec,
  JobStatus,
  Observed,
  WorkerName,
} from "./job-state.ts";

/** Without a rule of the user's own: what cannot get better or was ended on purpose fails, nobody's fault is not counted. */
const DEFAULT_RULES: readonly FailureRule[] = [
  { exitCodes: [USER_ERROR_EXIT_CODE, STOPPED_EXIT_CODE], action: "FailJob" },
  { disrupted: true, action: "RestartIgnoringLimit" },
];
/** A victim may be seen to end before the process that it lost: while others live, it is not blamed until this has passed. */
export const CAUSE_GRACE_MS = 3_000;
/** After this many failures to run a job's pods, a node is not used for the job again. */
export const MAX_FAILURES_PER_NODE = 2;
/** Nodes that are remembered; the ones with the fewest failures are forgotten first. */
const MAX_REMEMBERED_NODES = 32;

interface Ended extends WorkerName {
  readonly exit: Exit;
}

/**
 * The first process that ended badly and was not itself a victim; a victim only when there is nobody else to blame. A
 * data-loader that is lost by a job that runs fails nothing while there is another: that one gives its batches.
 */
export function rootFailure(observed: Observed): Failure | undefined {
  const workers = current(observed);
  const others =
    observed.status.phase === "Running" && workers.some((worker) => isDataLoader(worker) && isAlive(worker));
  const done = workers.some((worker) => worker.role === "trainer" && succeeded(worker));
  const failed = workers.flatMap((worker): Ended[] => {
    if (worker.process.state !== "exited" || (worker.role === "trainer" ? succeeded(worker) : done)) return [];
    if (isDataLoader(worker) && others && worker.process.exit.code !== USER_ERROR_EXIT_CODE) return [];
    return [{ ...nameOf(worker), exit: worker.process.exit }];
  });
  const byTime = failed.toSorted((a, b) => a.exit.at - b.exit.at);
  const root = byTime.find(({ exit }) => exit.code !== COLLATERAL_EXIT_CODE) ?? byTime[0];
  return root && { worker: nameOf(root), exit: root.exit, reason: reasonOf(root.exit), message: describe(root) };
}

function isDataLoader({ role }: WorkerName): boolean {
  return role === "data-loader";
}

/** Until when the end of the process that a victim lost may still be seen; null when nothing is to be waited for. */
export function causeAwaitedUntil(observed: Observed, now: Instant): Instant | null {
  const exit = rootFailure(observed)?.exit;
  if (exit?.code !== COLLATERAL_EXIT_CODE || !current(observed).some(isAlive)) return null;
  const until = exit.at + CAUSE_GRACE_MS;
  return exit.at <= now && now < until ? until : null; // a clock that is ahead says nothing
}

const REASONS: Readonly<Record<number, string>> = {
  [COLLATERAL_EXIT_CODE]: "PeerLost",
  [STOPPED_EXIT_CODE]: "Stopped",
};

function reasonOf({ reason, signal, code }: Exit): string {
  if (reason !== undefined) return reason;
  if (signal !== null) return "Killed";
  return (code !== null && REASONS[code]) || "Error";
}

function describe({ exit: { code, signal, message, reason, node }, ...worker }: Ended): string {
  const how = signal !== null ? `was killed by ${signal}` : code !== null ? `ended with exit code ${code}` : `was lost`;
  const details = [reason, node && `on node ${node}`].filter((part) => part !== undefined && part !== "");
  const where = details.length > 0 ? ` (${details.join(", ")})` : "";
  return `${workerLabel(worker)} ${how}${where}${message ? `: ${message}` : ""}`;
}

/** What a failure leads to: the first rule that matches decides. */
export function actionFor({ exit }: Failure, rules: readonly FailureRule[]): FailureAction {
  const matches = ({ exitCodes, disrupted }: FailureRule): boolean =>
    (exitCodes === undefined || (exit.code !== null && exitCodes.includes(exit.code))) &&
    (disrupted === undefined || disrupted === (exit.disrupted ?? false));
  return [...rules, ...DEFAULT_RULES].find(matches)?.action ?? "Restart";
}

/** Restarts that count against the limit now: a new checkpoint since the attempt began has wiped out the earlier ones. */
export function countedRestarts({ status, checkpointStep }: Pick<Observed, "status" | "checkpointStep">): number {
  return checkpointStep > status.resumedStep ? 0 : status.restarts;
}

/** How long to wait before the n-th restart (from 1) since the last new checkpoint, ms. */
export function backoffMs({ backoff }: JobSpec, restart: number): number {
  return restart <= 1 ? 0 : Math.min(backoff.maximumMs, backoff.firstMs * 2 ** (restart - 2));
}

/**
 * What Kubernetes says of a pod that a node could not run, whatever was in it: its device plugin, its runtime or the
 * node itself is broken. A program that fails is not the node's fault, however often it fails there.
 */
const NODE_TROUBLE = /^(UnexpectedAdmissionError|OutOf|NodeLost|NodeShutdown|StartError|ContainerCannotRun)/;

/** The failures of each node, with one more where a failure was the node's. */
export function blameNode(status: JobStatus, { exit, worker, reason }: Failure): JobStatus["nodeFailures"] {
  const { node } = exit;
  if (!node || worker.role !== "trainer" || !NODE_TROUBLE.test(reason)) return status.nodeFailures;
  const counts = { ...status.nodeFailures, [node]: (status.nodeFailures[node] ?? 0) + 1 };
  const worst = Object.entries(counts).toSorted(([, x], [, y]) => y - x);
  return Object.fromEntries(worst.slice(0, MAX_REMEMBERED_NODES));
}

/** Nodes that the next attempt keeps away from. */
export function excludedNodes({ nodeFailures }: Pick<JobStatus, "nodeFailures">): string[] {
  return Object.keys(nodeFailures).filter((node) => (nodeFailures[node] ?? 0) >= MAX_FAILURES_PER_NODE);
}
