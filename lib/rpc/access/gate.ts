import type { PeerCertificate } from "node:tls";
import { PetageError } from "#lib/base/errors.ts";
import type { Holder } from "../intake/fair-pool.ts";
import { callerOfCertificate, type Caller } from "./caller.ts";
import { ClientCalls } from "./client-calls.ts";
import { allows, needOf, type Role } from "./roles.ts";
import { bearerToken, isSameToken, type Tokens } from "./tokens.ts";

const HOW = "Give a token (--token-file, or a header `authorization: Bearer TOKEN`) or a client certificate";

export interface GateOptions {
  /** Whether calls need roles. Without, only those that belong to a job need its token. */
  readonly asksRoles: boolean;
  readonly tokens: () => Tokens | undefined;
  /** The token of the job that the service belongs to, where it has one. */
  readonly jobToken: string | undefined;
  readonly maxCallsPerClient: number;
}

/** What a server knows of a call before it reads its request. */
export interface Arrival {
  /** It counts among the calls of its client. */
  readonly call: Holder;
  /** `/service/method` */
  readonly path: string;
  /** Of the header `authorization`. */
  readonly authorization: string | undefined;
  /** `host:port` */
  readonly peer: string;
  /** The one that the caller has proved to hold. */
  certificate(): PeerCertificate | undefined;
}

/** Says who may make which call, and how many at a time. */
export class Gate {
  readonly #options: GateOptions;
  readonly #calls: ClientCalls;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#calls = new ClientCalls(options.maxCallsPerClient);
  }

  /** Lets a call in until it is disposed. UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED, in one line. */
  enter(arrival: Arrival): Disposable {
    const need = needOf(arrival.path);
    if (need === undefined) return { [Symbol.dispose]: () => {} };
    const { jobToken } = this.#options;
    const token = bearerToken(arrival.authorization ?? "");
    // Of its own job there are as many callers as it has workers.
    if (jobToken !== undefined && token !== undefined && isSameToken(token, jobToken)) {
      return { [Symbol.dispose]: () => {} };
    }
    if (need === "job") this.#refuseStranger(arrival.path);
    const caller = this.#callerOf(arrival, token);
    if (need !== "job" && this.#options.asksRoles) requireRole(caller, need, arrival.path);
    return this.#calls.enter(caller?.name ?? addressOf(arrival.peer), arrival.call);
  }

  /** A service that was started by hand, with neither job nor roles, answers all. */
  #refuseStranger(path: string): void {
    const { jobToken, asksRoles } = this.#options;
    if (jobToken === undefined && !asksRoles) return;
    throw new PetageError(
      "PERMISSION_DENIED",
      `${nameOf(path)} answers only the controller and workers of its own job`,
      {
        hint: "Ask the controller instead: `petage job --help` shows what it does for you",
      },
    );
  }

  #callerOf(arrival: Arrival, token: string | undefined): Caller | undefined {
    const { asksRoles, tokens } = this.#options;
    if (!asksRoles) return undefined;
    if (token === undefined) {
      const certificate = arrival.certificate();
      return certificate && callerOfCertificate(certificate);
    }
    const caller = tokens()?.find(token);
    if (caller) return caller;
    throw new PetageError("UNAUTHENTICATED", "The service does not know the bearer token of this call", {
      hint: "Ask for a new token: this one is mistyped, or has been taken back",
    });
  }
}

function requireRole(caller: Caller | undefined, need: Role, path: string): void {
  if (!caller) {
    throw new PetageError(
      "UNAUTHENTICATED",
      `${nameOf(path)} needs the role ${need}, and the call does not say whose`,
      {
        hint: HOW,
      },
    );
  }
  if (allows(caller.roles, need)) return;
  const has = caller.roles.size > 0 ? `has the role ${[...caller.roles].join(", ")}` : "has no role";
  throw new PetageError("PERMISSION_DENIED", `${nameOf(path)} needs the role ${need}: ${caller.name} ${has}`, {
    hint: "Ask whoever runs the service for it",
  });
}

/** `TrainerService/Stop` */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Each connection has a port of its own. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, "");
}
