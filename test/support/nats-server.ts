import { startNatsServer } from "#lib/host/process/nats-server.ts";
import type { NatsServer, NatsServerOptions } from "#lib/host/process/nats-server.ts";

/** Runs `body` with a real nats-server of its own on a free port, and stops the server whatever happens. */
export async function withNatsServer(
  body: (url: string, server: NatsServer) => Promise<void>,
  options: NatsServerOptions = {},
): Promise<void> {
  await using server = await startNatsServer(options);
  await body(server.url, server);
}
