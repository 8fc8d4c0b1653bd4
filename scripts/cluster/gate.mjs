// Runs in a cluster's network: takes a listening socket of another network from its parent, and leads each connection
// to an address in this one. See forward.ts.
import { connect } from "node:net";

process.once("message", ({ host, port }, server) => {
  server.allowHalfOpen = true;
  server.on("connection", (outside) => {
    const inside = connect({ host, port, allowHalfOpen: true });
    outside.pipe(inside).pipe(outside);
    const end = () => {
      outside.destroy();
      inside.destroy();
    };
    for (const socket of [inside, outside]) socket.setNoDelay(true).on("error", end).on("close", end);
  });
  process.send("ready");
});
