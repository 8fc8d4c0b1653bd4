import assert from "node:assert/strict";
import { Connections } from "#lib/rpc/intake/connections.ts";
import { FakeClock } from "#test/support/fake-clock.ts";

class Port {
  bytesRead = 100;
  isCut = false;

  destroy(): void {
    this.isCut = true;
  }
}

describe("the connections of a server", () => {
  function opened(limit: number, count: number) {
    const clock = new FakeClock();
    const connections = new Connections({ connections: limit, silentMs: 1000 }, () => clock.nowMs());
    const ports = Array.from({ length: count }, () => new Port());
    for (const [index, port] of ports.entries()) {
      connections.opened(`c${index}`, port);
      clock.pass(10);
    }
    return { clock, connections, ports, cut: () => ports.flatMap(({ isCut }, index) => (isCut ? index : [])) };
  }

  it("are bounded: the one that has had no call for longest gives way", () => {
    const { clock, connections, cut } = opened(3, 3);
    connections.callBegins("c0");
    connections.callBegins("c1");
    connections.callEnds("c1");
    clock.pass(10);
    connections.opened("new", new Port());
    assert.deepEqual(cut(), [2]);
    connections.opened("newer", new Port());
    assert.deepEqual(cut(), [1, 2]);
    connections.closed("new");
    connections.opened("newest", new Port());
    assert.deepEqual(cut(), [1, 2], "there was room");
  });

  it("end when they say nothing in time", () => {
    const { clock, connections, ports, cut } = opened(10, 2);
    (ports[0] as Port).bytesRead = 23;
    clock.pass(900);
    connections.check();
    assert.deepEqual(cut(), []);
    clock.pass(200);
    connections.check();
    assert.deepEqual(cut(), [0]);
  });
});
