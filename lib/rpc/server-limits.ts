import type { ServerMethodDefinition } from "@grpc/grpc-js";
import { needOf } from "./access/roles.ts";
import type { ServiceName } from "./contract.ts";
import type { Rpc } from "./intake/incoming-call.ts";
import type { IntakeLimits } from "./intake/intake.ts";
import {
  CONNECTION_MESSAGES,
  DRAIN_GRACE_MS,
  MAX_BATCH_MESSAGE_BYTES,
  MAX_CONNECTIONS,
  MAX_CONTROL_MESSAGE_BYTES,
  MAX_END_MS,
  MAX_HEALTH_MESSAGE_BYTES,
  MAX_IDLE_STREAM_MS,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_CALLS,
  MAX_RECEIVE_MS,
  MAX_SILENT_MS,
  MAX_STANDARD_CALLS,
  MAX_STREAM_FRACTION,
  MAX_UNREAD_MS,
  SERVER_MESSAGES,
  WAIT_CHECK_INTERVAL_MS,
} from "./limits.ts";
import { fullName, PROTOS } from "./protos.ts";

export interface ServerLimits extends Pick<
  IntakeLimits,
  "openCalls" | "standardCalls" | "connections" | "silentMs" | "waitMs" | "checkIntervalMs"
> {
  /** Largest request, of whatever service. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** How long calls in progress may go on once the server drains. */
  readonly drainGraceMs: number;
}

/** Largest request of a service: photos travel to inference alone, and weights nowhere. */
export function requestBytesOf(service: ServiceName): number {
  return service === "InferenceService" ? MAX_MESSAGE_BYTES : MAX_CONTROL_MESSAGE_BYTES;
}

const SERVICES = new Map((Object.keys(PROTOS) as ServiceName[]).map((name) => [fullName(name), name]));

export function defaultLimits(services: readonly ServiceName[]): ServerLimits {
  return {
    requestBytes: Math.max(MAX_HEALTH_MESSAGE_BYTES, ...services.map(requestBytesOf)),
    responseBytes: MAX_BATCH_MESSAGE_BYTES,
    openCalls: MAX_OPEN_CALLS,
    standardCalls: MAX_STANDARD_CALLS,
    connections: MAX_CONNECTIONS,
    silentMs: MAX_SILENT_MS,
    drainGraceMs: DRAIN_GRACE_MS,
    waitMs: {
      request: MAX_RECEIVE_MS,
      message: MAX_RECEIVE_MS,
      next: MAX_IDLE_STREAM_MS,
      reader: MAX_UNREAD_MS,
      end: MAX_END_MS,
    },
    checkIntervalMs: WAIT_CHECK_INTERVAL_MS,
  };
}

export function intakeLimits({ requestBytes, openCalls, ...limits }: ServerLimits): IntakeLimits {
  return {
    ...limits,
    openCalls,
    openStreams: Math.ceil(openCalls * MAX_STREAM_FRACTION),
    serverBytes: SERVER_MESSAGES * requestBytes,
    connectionBytes: CONNECTION_MESSAGES * requestBytes,
  };
}

/** The bounds of a method on a server with these limits. */
export function rpcOf(
  { path, requestStream, responseStream }: ServerMethodDefinition<unknown, unknown>,
  { requestBytes }: Pick<ServerLimits, "requestBytes">,
): Rpc {
  const need = needOf(path);
  const isStandard = need === undefined;
  const service = SERVICES.get(path.split("/")[1] ?? "");
  const messageBytes = Math.min(requestBytes, service ? requestBytesOf(service) : MAX_HEALTH_MESSAGE_BYTES);
  return { path, requestStream, responseStream, isStandard, readsLate: need === "job", messageBytes };
}
