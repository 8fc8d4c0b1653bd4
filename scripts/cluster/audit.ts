import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Slot } from "./slot.ts";

export const AUDIT_LOG = "audit.log";

/** Every request but those of the cluster's own parts. */
export const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", users: ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"] },
    { level: "None", users: ["system:kube-proxy", "system:kwok", "system:coredns"] },
    { level: "None", userGroups: ["system:nodes", "system:serviceaccounts:kube-system"] },
    { level: "None", nonResourceURLs: ["/readyz*", "/livez*", "/healthz*"] },
    { level: "Request", resources: [{ group: "petage.dev", resources: ["trainingjobs/status"] }] },
    { level: "Metadata" },
  ],
} as const;

/** A request that the API server answered or, for a watch, began to answer. */
export interface AuditEvent {
  readonly user: string;
  readonly userAgent: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
  readonly uri: string;
  /** `pods`, or `pods/status` with a subresource; empty for what is no resource. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** HTTP status. */
  readonly code: number;
  readonly receivedAt: Date;
  readonly durationMs: number;
  /** What was sent: of the status of a TrainingJob only. */
  readonly body: unknown;
}

interface AuditLine {
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly requestObject?: unknown;
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** The requests so far, each once, in the order in which they were answered. */
export function readAuditLog({ folder }: Slot): AuditEvent[] {
  const seen = new Set<string>();
  const events: AuditEvent[] = [];
  const lines = readFileSync(join(folder, AUDIT_LOG), "utf8").split("\n").slice(0, -1); // the last may be half written
  for (const line of lines) {
    const entry = JSON.parse(line) as AuditLine;
    if (seen.has(entry.auditID)) continue; // a watch that has ended
    seen.add(entry.auditID);
    events.push(eventOf(entry));
  }
  return events;
}

function eventOf(entry: AuditLine): AuditEvent {
  const { resource = "", subresource, namespace = "", name = "" } = entry.objectRef ?? {};
  const receivedAt = new Date(entry.requestReceivedTimestamp);
  return {
    user: entry.user.username,
    userAgent: entry.userAgent ?? "",
    verb: entry.verb,
    uri: entry.requestURI,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: entry.responseStatus?.code ?? 0,
    receivedAt,
    durationMs: Date.parse(entry.stageTimestamp) - receivedAt.getTime(),
    body: entry.requestObject,
  };
}
