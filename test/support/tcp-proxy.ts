import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** Connections to a server that can be cut, or go dead without a word. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Ends every connection, and each new one at once. */
  cut(): void;
  /** Lets nothing through any more, and tells nobody: as when a node or a network is gone. New connections hang, too. */
  die(): void;
  /** Lets new connections through; those that went dead stay dead. */
  heal(): void;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let state: "open" | "cut" | "dead" = "open";
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((socket) => {
    keep(socket);
    if (state === "cut") socket.destroy();
    if (state !== "open") return void socket.pause();
    const target = keep(connect(targetPort, "127.0.0.1"));
    socket.pipe(target).pipe(socket);
    socket.on("close", () => target.destroy());
    target.on("close", () => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    state = "cut";
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    die() {
      state = "dead";
      for (const socket of sockets) socket.unpipe().pause();
    },
    heal: () => void (state = "open"),
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
