import { PetageError } from "#lib/base/errors.ts";
import { wasPutOff } from "#test/support/status-writes.ts";
import type { AuditEvent } from "../../scripts/cluster/audit.ts";

const READS: ReadonlySet<string> = new Set(["get", "list"]);

/** The first job of that name, or whose name begins with it, until the last pod of them: received to answered, ms. */
export function creationMs(events: readonly AuditEvent[], prefix: string): number {
  return endOf(podsOf(events, prefix)) - startOf(events, prefix);
}

/** The first pod of a job until its last: received to answered, ms. */
export function podsMs(events: readonly AuditEvent[], prefix: string): number {
  const pods = podsOf(events, prefix);
  return endOf(pods) - Math.min(...pods.map(({ receivedAt }) => receivedAt.getTime()));
}

/** Pods that were created for jobs of that name. */
export function podsOf(events: readonly AuditEvent[], prefix: string): readonly AuditEvent[] {
  return created(events, "pods").filter(({ name }) => name.startsWith(`${prefix}-`));
}

/** Writes of the controller from a job's creation to the end of the log, when nothing else happened in its namespace. */
export function writesSince(events: readonly AuditEvent[], job: string, namespace: string): readonly AuditEvent[] {
  const start = startOf(events, job);
  return writes(events, namespace).filter(
    ({ receivedAt, resource, verb }) => receivedAt.getTime() >= start && !isApply(resource, verb),
  );
}

/**
 * Of the writes of one job those that are due however long it takes, but for events, which are for people; and how often
 * those come that are put off.
 */
export function cadenceOf(written: readonly AuditEvent[]): { readonly due: number; readonly putOffPerSecond: number } {
  const putOff = written.filter(wasPutOff).length;
  const due = written.filter((event) => !wasPutOff(event) && event.resource !== "events").length;
  const times = written.map(({ receivedAt }) => receivedAt.getTime());
  const seconds = Math.max(1, (Math.max(...times) - Math.min(...times)) / 1000);
  return { due, putOffPerSecond: putOff / seconds };
}

/** Writes in a namespace but for the lease. */
export function writes(events: readonly AuditEvent[], namespace: string): readonly AuditEvent[] {
  return events.filter(
    (event) =>
      event.namespace === namespace && event.verb !== "watch" && !READS.has(event.verb) && event.resource !== "leases",
  );
}

/** Objects and lists that were read since; a watch is no read. */
export function readsSince(events: readonly AuditEvent[], start: number): readonly AuditEvent[] {
  return events.filter(
    ({ verb, resource, receivedAt }) => READS.has(verb) && resource !== "" && receivedAt.getTime() >= start,
  );
}

/** The value that a share of a Prometheus histogram stays below, by the upper bound of its bucket. */
export function histogramBound(text: string, name: string, share: number): number {
  const bucket = new RegExp(`^${name}_bucket\\{le="(?<le>[^"]+)"\\} (?<count>\\d+)$`, "gm");
  const buckets = [...text.matchAll(bucket)].map(({ groups = {} }) => ({
    bound: groups["le"] === "+Inf" ? Infinity : Number(groups["le"]),
    count: Number(groups["count"]),
  }));
  const total = buckets.at(-1)?.count ?? 0;
  return buckets.find(({ count }) => count >= share * total)?.bound ?? Number.NaN;
}

function created(events: readonly AuditEvent[], resource: string): readonly AuditEvent[] {
  return events.filter((event) => event.verb === "create" && event.resource === resource && event.code === 201);
}

function startOf(events: readonly AuditEvent[], prefix: string): number {
  const jobs = created(events, "trainingjobs").filter(({ name }) => name === prefix || name.startsWith(`${prefix}-`));
  if (jobs.length === 0) throw new PetageError("NOT_FOUND", `The audit log knows no job ${prefix}`);
  return jobs.reduce((earliest, { receivedAt }) => Math.min(earliest, receivedAt.getTime()), Infinity);
}

function endOf(events: readonly AuditEvent[]): number {
  return events.reduce(
    (latest, { receivedAt, durationMs }) => Math.max(latest, receivedAt.getTime() + durationMs),
    -Infinity,
  );
}

function isApply(resource: string, verb: string): boolean {
  return resource === "trainingjobs" && verb === "create";
}
