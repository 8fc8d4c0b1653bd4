import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A DNS server that knows one name, whose address may change. */
export interface NameServer extends AsyncDisposable {
  /** As `dns.setServers` takes it. */
  readonly address: string;
  /** IPv4. */
  target: string;
}

const QUESTION_AT = 12;
const TYPE_A = 1;
const ANSWER = Buffer.from("c00c00010001000000000004", "hex"); // the name asked for, A, IN, TTL 0, 4 bytes

export async function startNameServer(target: string): Promise<NameServer> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const server = {
    address: `127.0.0.1:${socket.address().port}`,
    target,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
  socket.on("message", (query, from) => {
    const end = query.indexOf(0, QUESTION_AT) + 5; // the name's end, type and class
    const isA = query.readUInt16BE(end - 4) === TYPE_A;
    const head = Buffer.from(query.subarray(0, end));
    head.writeUInt16BE(0x8180, 2); // an answer, recursion available, no error
    head.writeUInt16BE(isA ? 1 : 0, 6);
    head.writeUInt32BE(0, 8); // nothing else
    const data = Buffer.from(server.target.split(".").map(Number));
    socket.send(isA ? Buffer.concat([head, ANSWER, data]) : head, from.port);
  });
  return server;
}
