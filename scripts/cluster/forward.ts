import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { fileURLToPath } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import { API_PORT } from "./site.ts";
import type { Site } from "./site.ts";

const GATE = fileURLToPath(new URL("gate.mjs", import.meta.url));
const START_TIMEOUT_MS = 20_000;

/** An address outside a cluster's network that leads to one inside. Disposing it ends its connections. */
export interface Forward extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

/** Leads the API server's address outside to the same one inside. */
export async function forwardApi(site: Site): Promise<void> {
  await forward(site, { host: site.slot.address, port: API_PORT }, API_PORT);
}

/**
 * A socket belongs to the network that it was made in, whoever uses it. So we listen here and hand the socket to a
 * process that lives in the cluster's network and connects there. No interface, route or rule of this machine changes.
 */
export async function forward(site: Site, target: Target, port = 0): Promise<Forward> {
  const { slot, processes, inside, signal } = site;
  const server = await listen(slot.address, port);
  const { port: boundPort } = server.address() as AddressInfo;
  const name = `gate-${boundPort}`;
  try {
    const gate = processes.start(name, [process.execPath, GATE], { inside: networkOnly(inside), channel: true });
    let ready = false;
    gate.once("message", () => (ready = true));
    gate.send(target, server);
    await processes.until(`${name} is ready`, () => ready, { timeoutMs: START_TIMEOUT_MS, signal });
    gate.disconnect();
  } finally {
    server.close();
  }
  return { host: slot.address, port: boundPort, [Symbol.asyncDispose]: () => processes.kill(name) };
}

/** The gate stays in our namespaces but for the network's, so that it is no child of a process that forks. */
function networkOnly(inside: readonly string[]): readonly string[] {
  return inside.filter((argument) => argument !== "--mount" && argument !== "--pid");
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new PetageError("PORT_IN_USE", `Cannot listen on ${host}:${port}`, { cause: error });
  }
  return server;
}
