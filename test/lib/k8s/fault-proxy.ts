import { createServer } from "node:http";
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import type { RequestOptions } from "node:https";
import { Credentials } from "#lib/k8s/credentials.ts";

/** What happens to a call instead of what should. */
export type Fault =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The connection breaks before there is an answer. */
  | { readonly kind: "break" }
  /** The call arrives nowhere, and there never is an answer. */
  | { readonly kind: "silence" }
  /** The call is carried out, and its answer is lost. */
  | { readonly kind: "lose"; lost(): void };

export interface ProxiedCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isWatch: boolean;
}

/** Stands before a real API server and lets things go wrong. */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #access: RequestOptions;
  readonly #target: URL;
  readonly #watches = new Set<ServerResponse>();
  /** All calls so far. */
  readonly calls: ProxiedCall[] = [];
  /** Asked for each call; a fault takes the place of the API server's answer. */
  fault: (call: ProxiedCall) => Fault | undefined = () => undefined;
  /** Watches stay open, and nothing comes through any more. */
  muted = false;
  /** Watches bring everything so much later, ms. */
  delayMs = 0;

  private constructor(access: RequestOptions, target: URL) {
    this.#access = access;
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => this.#handle(incoming, outgoing));
  }

  static async start(kubeconfig: string): Promise<FaultProxy> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const access: RequestOptions = {};
    await config.applyToHTTPSOptions(access);
    const proxy = new FaultProxy(access, new URL(config.getCurrentCluster()?.server ?? ""));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  credentials(): Credentials {
    const config = new KubeConfig();
    const server = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    config.loadFromClusterAndUser({ name: "proxy", server, skipTLSVerify: true }, { name: "anybody" });
    return new Credentials(config);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Calls of a kind so far. */
  count(wanted: (call: ProxiedCall) => boolean): number {
    return this.calls.filter(wanted).length;
  }

  /** Breaks all watches in the middle of whatever they say. */
  breakWatches(): void {
    for (const watch of this.#watches) watch.destroy();
  }

  /** Says something on all watches that the API server did not. */
  inject(event: object): void {
    for (const watch of this.#watches) watch.write(`${JSON.stringify(event)}\n`);
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? "", "http://proxy");
    const call = { method: incoming.method ?? "", path, query, isWatch: query.get("watch") === "true" };
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault === undefined) return this.#forward(incoming, outgoing, call.isWatch);
    if (fault.kind === "lose") return this.#lose(incoming, fault.lost);
    if (fault.kind === "break") return void incoming.socket.destroy();
    if (fault.kind === "answer") outgoing.writeHead(fault.status, fault.headers).end(fault.body);
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, isWatch: boolean): void {
    const upstream = this.#ask(incoming, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      if (isWatch) this.#watches.add(outgoing);
      answer.on("data", (chunk: Buffer) => {
        if (!isWatch) outgoing.write(chunk);
        else if (!this.muted) setTimeout(() => outgoing.write(chunk), this.delayMs);
      });
      answer.on("end", () => outgoing.end()).on("error", () => outgoing.destroy());
    });
    outgoing.on("close", () => {
      this.#watches.delete(outgoing);
      upstream.destroy();
    });
    upstream.on("error", () => outgoing.destroy());
    incoming.pipe(upstream);
  }

  #lose(incoming: IncomingMessage, lost: () => void): void {
    const upstream = this.#ask(incoming, (answer) => answer.resume().on("end", lost));
    incoming.pipe(upstream.on("error", lost));
  }

  /** Passes a call on; what it says is still to be piped in. */
  #ask(incoming: IncomingMessage, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
    const { ca, cert, key } = this.#access;
    const { host: _, ...headers } = incoming.headers;
    const options = { ca, cert, key, headers, method: incoming.method, agent: this.#agent };
    return request(new URL(incoming.url ?? "", this.#target), options, onAnswer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
