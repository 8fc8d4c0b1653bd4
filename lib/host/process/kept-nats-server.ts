import { delay } from "#lib/system/clock.ts";
import { newPassword, startNatsServer } from "./nats-server.ts";
import type { NatsServer, NatsServerExit, NatsServerOptions } from "./nats-server.ts";
import { describeExit } from "./processes.ts";

/** A server that ends this often without having lived for a while will not live. */
const MAX_RESTARTS = 10;
const STEADY_MS = 60_000;
/** Between two tries to start it again. */
const RETRY_INTERVAL_MS = 250;

export interface KeptNatsServerOptions extends Pick<NatsServerOptions, "path" | "log"> {
  /** How long its clients wait for it: so long it is tried to start it again. */
  readonly outageMs: number;
  /** Called when it has ended and is started again. */
  readonly onEnd: (message: string) => void;
}

/**
 * A nats-server with a password that is started again, where it was, when it ends by itself or is killed: its clients
 * find it again. `exited` is how it ended last, once it is given up or disposed.
 */
export async function keepNatsServer({ outageMs, onEnd, ...options }: KeptNatsServerOptions): Promise<NatsServer> {
  const secured = { ...options, secured: true, password: newPassword() };
  const stop = new AbortController();
  let server = await startNatsServer(secured);
  const { url, port } = server;

  const startAgain = async (): Promise<NatsServer | undefined> => {
    const deadlineMs = performance.now() + outageMs;
    while (!stop.signal.aborted && performance.now() < deadlineMs) {
      const started = await startNatsServer({ ...secured, port, signal: stop.signal }).catch(() => undefined);
      if (started) return started;
      await delay(RETRY_INTERVAL_MS, stop.signal).catch(() => undefined);
    }
    return undefined;
  };
  const keep = async (): Promise<NatsServerExit> => {
    for (let restarts = 1; ; restarts++) {
      const startMs = performance.now();
      const exit = await server.exited;
      if (performance.now() - startMs > STEADY_MS) restarts = 1;
      if (stop.signal.aborted || restarts > MAX_RESTARTS) return exit;
      onEnd(`${describeExit("nats-server", exit)}: it is started again on port ${port}`);
      const next = await startAgain();
      if (!next) return exit;
      server = next;
      if (stop.signal.aborted) void server[Symbol.asyncDispose]();
    }
  };
  const exited = keep();
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    exited,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server[Symbol.asyncDispose]();
      await exited;
    },
  };
}
