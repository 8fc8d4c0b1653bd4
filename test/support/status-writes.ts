import type { AuditEvent } from "../../scripts/cluster/audit.ts";

/** Phases that a job only passes through: that it is in them is told when it stays there. */
const PASSING: ReadonlySet<string> = new Set(["Scheduling", "Starting"]);

interface StatusPatch {
  readonly status?: { readonly phase?: string; readonly allPodsCreatedTime?: string };
}

/**
 * A write of counts and wording, which the controller puts off for a second to join it with others: how many there are
 * depends on how long a job takes, and so on the machine. All other writes of a job do not.
 */
export function wasPutOff({ verb, resource, body }: AuditEvent): boolean {
  if (verb !== "patch" || resource !== "trainingjobs/status") return false;
  const { phase, allPodsCreatedTime } = (body as StatusPatch | undefined)?.status ?? {};
  return allPodsCreatedTime === undefined && (phase === undefined || PASSING.has(phase));
}
