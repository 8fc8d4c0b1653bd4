import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Server, ServerCredentials } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import type { Intake } from "./intake/intake.ts";

export interface Listener {
  readonly port: number;
  /** Takes no more connections; those that there are stay. */
  close(): void;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  readonly intake: Intake;
}

/**
 * Accepts connections for a server, which grpc-js would do without a bound on their number and without a limit of time.
 * PORT_IN_USE when another process listens there.
 */
export async function listen(server: Server, options: ListenOptions): Promise<Listener> {
  const { host, port, credentials, intake } = options;
  const { injectConnection } = server.createConnectionInjector(credentials);
  const listener = createServer((socket) => {
    admit(socket, intake);
    injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    // Also later, when nobody waits any more: a connection that cannot be accepted, for want of files, ends no process.
    listener.on("error", (error) => reject(listenError(error, addressOf(host, port))));
    listener.listen({ host, port }, resolve);
  });
  return { port: (listener.address() as AddressInfo).port, close: () => void listener.close() };
}

/** `host:port`, `[host]:port` */
export function addressOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function admit(socket: Socket, intake: Intake): void {
  const peer = `${socket.remoteAddress}:${socket.remotePort}`; // as grpc-js names the peer of a call
  intake.connections.opened(peer, socket);
  socket.once("close", () => intake.connections.closed(peer));
}

function listenError(cause: NodeJS.ErrnoException, address: string): PetageError {
  if (cause.code === "EADDRINUSE") {
    return new PetageError("PORT_IN_USE", `Cannot listen on ${address}: another process does`, {
      cause,
      hint: "End that process, or choose another port (0 takes any free one)",
    });
  }
  const hint = "Check that the host is an address of this machine and that the port is allowed";
  return new PetageError("FAILED_PRECONDITION", `Cannot listen on ${address}: ${cause.message}`, { cause, hint });
}
