import { Agent } from "node:https";
import { Agent as PlainAgent } from "node:http";
import { PetageError } from "#lib/base/errors.ts";
import { currentOf, defaultKubeconfig, loginOptions, podKubeconfig, readKubeconfig } from "./kubeconfig.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

/** How long credentials are used before they are looked at again: files rotate, tokens expire. */
const CREDENTIALS_MAX_AGE_MS = 10_000;
/** Connections for calls, kept open: opening one for each call costs ten times the call. */
const MAX_CONNECTIONS = 32;
/** Connections for watches and followed logs, each held as long as they live: two watches for each of 256 namespaces. */
const MAX_WATCHES = 1024;

/** What the library takes when it has found nothing. */
const NO_SERVER = "http://localhost:8080";

/** How to reach the API server now. */
export interface Access {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: Agent | PlainAgent;
  readonly watches: Agent | PlainAgent;
}

/** The credentials of a kubeconfig or of a pod, and the pools of connections that use them. */
export class Credentials implements Disposable {
  readonly #config: Kubeconfig;
  #access: Access | undefined;
  #identity = "";
  #readAt = 0;
  #reading: Promise<Access> | undefined;

  constructor(config: Kubeconfig) {
    this.#config = config;
  }

  /**
   * Of a kubeconfig file; without one as kubectl finds them, or those of the pod. `context` chooses another than the
   * current one. NOT_FOUND when there are none.
   */
  static load(kubeconfig?: string, context?: string): Credentials {
    let config: Kubeconfig;
    try {
      config = kubeconfig === undefined ? defaultKubeconfig() : readKubeconfig(kubeconfig);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PetageError("NOT_FOUND", `Cannot read the kubeconfig ${kubeconfig ?? "that is set"}: ${why}`, {
        cause,
      });
    }
    if (kubeconfig === undefined && currentOf(config).cluster?.server === NO_SERVER) {
      throw new PetageError("NOT_FOUND", "There is no kubeconfig, and this is no pod", {
        hint: "Name one with $KUBECONFIG, or put it into ~/.kube/config",
      });
    }
    if (context !== undefined) useContext(config, context);
    if (!currentOf(config).cluster) {
      throw new PetageError("NOT_FOUND", `The kubeconfig ${kubeconfig ?? ""} names no current cluster`, {
        hint: "`kubectl config use-context NAME` chooses one",
      });
    }
    return new Credentials(config);
  }

  /** Of the pod that this process runs in. NOT_FOUND when it has none: it is no pod, or it may not have a token. */
  static ofPod(server: string, folder?: string): Credentials {
    try {
      return new Credentials(podKubeconfig(server, folder));
    } catch (cause) {
      throw new PetageError("NOT_FOUND", "Cannot read the service account of this pod", {
        cause,
        hint: "Is automountServiceAccountToken true for it?",
      });
    }
  }

  /** Namespace of the current context. */
  get namespace(): string {
    return currentOf(this.#config).context?.namespace ?? "default";
  }

  async access(): Promise<Access> {
    if (this.#access && performance.now() - this.#readAt < CREDENTIALS_MAX_AGE_MS) return this.#access;
    return await (this.#reading ??= this.#read().finally(() => (this.#reading = undefined)));
  }

  async #read(): Promise<Access> {
    const { ca, cert, key, rejectUnauthorized, servername, agent, auth, headers } = await loginOptions(this.#config);
    const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString("base64")}` } : {};
    const identity = [ca, cert, key, rejectUnauthorized, servername].map(String).join("\n");
    const pools = this.#access !== undefined && identity === this.#identity ? this.#access : undefined;
    const { cluster } = currentOf(this.#config);
    const server = new URL(cluster?.server ?? "");
    const proxied = cluster?.proxyUrl && agent instanceof PlainAgent ? agent : undefined;
    const pool = (maxSockets: number): Agent | PlainAgent => {
      if (proxied) return proxied; // the library's own, which knows how to ask the proxy
      if (server.protocol === "http:") return new PlainAgent({ keepAlive: true, maxSockets });
      return new Agent({ ca, cert, key, rejectUnauthorized, servername, keepAlive: true, maxSockets });
    };
    this.#identity = identity;
    this.#readAt = performance.now();
    this.#access = {
      server,
      headers: { ...(headers as Record<string, string>), ...basic },
      calls: pools?.calls ?? pool(MAX_CONNECTIONS),
      watches: pools?.watches ?? pool(MAX_WATCHES),
    };
    return this.#access;
  }

  [Symbol.dispose](): void {
    this.#access?.calls.destroy();
    this.#access?.watches.destroy();
  }
}

function useContext(config: Kubeconfig, context: string): void {
  const names = config.contexts.map(({ name }) => name);
  if (!names.includes(context)) {
    throw new PetageError("NOT_FOUND", `The kubeconfig has no context ${context}`, {
      hint: `It has: ${names.join(", ") || "none"}`,
    });
  }
  config.currentContext = context;
}
