import assert from "node:assert/strict";
import { silentLog } from "#lib/base/log.ts";
import { LEASES } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { Leadership } from "#lib/k8s/lease.ts";
import type { LeaseTimes } from "#lib/k8s/lease.ts";
import { until } from "#test/support/until.ts";
import { failure, useProxiedCluster } from "./proxied-cluster.ts";

describe("Leadership", function () {
  this.timeout(60_000);
  const cluster = useProxiedCluster();

  const TIMES: LeaseTimes = { leaseMs: 1_000, renewDeadlineMs: 600, retryMs: 50 };
  const candidate = (identity: string): Leadership =>
    new Leadership({
      client: cluster.client,
      namespace: cluster.namespace,
      name: "leader",
      identity,
      log: silentLog,
      times: TIMES,
    });
  const holder = async (): Promise<string> =>
    (
      await cluster.client.get<KubeObject & { spec: { holderIdentity: string } }>(LEASES, {
        namespace: cluster.namespace,
        name: "leader",
      })
    ).spec.holderIdentity;

  /** Leads until `end` aborts. */
  function lead(leadership: Leadership, end: AbortSignal): { led: Promise<void>; done: Promise<void> } {
    let began = (): void => {};
    const led = new Promise<void>((resolve) => (began = resolve));
    const done = leadership.run(end, async (signal) => {
      began();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    });
    return { led, done };
  }

  it("goes to one of several, and to the next as soon as it is given back", async () => {
    const ends = [new AbortController(), new AbortController()] as const;
    const first = lead(candidate("one"), ends[0].signal);
    await first.led;
    const other = candidate("two");
    const second = lead(other, ends[1].signal);
    assert.equal(await holder(), "one");
    assert.equal(other.held, false);
    const from = performance.now();
    ends[0].abort();
    await second.led;
    assert.ok(performance.now() - from < TIMES.leaseMs, "it waited for the lease to run out");
    assert.equal(await holder(), "two");
    ends[1].abort();
    await Promise.all([first.done, second.done]);
    assert.equal(await holder(), "");
  });

  it("is taken over from one who is gone without giving it back", async () => {
    const spec = { holderIdentity: "gone", leaseDurationSeconds: 1, renewTime: "2020-01-01T00:00:00.000000Z" };
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "leader", namespace: cluster.namespace },
      spec,
    };
    await cluster.client.create(LEASES, lease);
    const end = new AbortController();
    const from = performance.now();
    const { led, done } = lead(candidate("one"), end.signal);
    await led;
    // By its own clock: what the lease says of time is not believed.
    assert.ok(performance.now() - from >= TIMES.leaseMs);
    end.abort();
    await done;
  });

  it("is renewed by one write each time", async () => {
    const end = new AbortController();
    const { led, done } = lead(candidate("one"), end.signal);
    await led;
    cluster.proxy.calls.length = 0;
    await until("five renewals", () => cluster.proxy.count(({ method }) => method === "PUT") >= 5);
    assert.equal(
      cluster.proxy.count(({ method }) => method === "GET"),
      0,
    );
    end.abort();
    await done;
  });

  it("survives somebody else's change of the lease", async () => {
    const end = new AbortController();
    const leadership = candidate("one");
    const { led, done } = lead(leadership, end.signal);
    await led;
    const patch = { metadata: { annotations: { note: "hello" } } };
    await cluster.client.merge(LEASES, { namespace: cluster.namespace, name: "leader" }, { patch });
    cluster.proxy.calls.length = 0;
    await until("renewals", () => cluster.proxy.count(({ method }) => method === "PUT") >= 3);
    assert.equal(leadership.held, true);
    end.abort();
    await done;
  });

  it("is lost, and not made anew, when the lease is taken away", async () => {
    const end = new AbortController();
    const { led, done } = lead(candidate("one"), end.signal);
    await led;
    const place = { namespace: cluster.namespace, name: "leader" };
    await cluster.client.delete(LEASES, place);
    assert.equal((await failure(done)).code, "UNAVAILABLE");
    await assert.rejects(cluster.client.get(LEASES, place), { code: "NOT_FOUND" });
  });

  it("is lost before anybody can take it when the API server is out of reach", async () => {
    const leadership = candidate("one");
    const { led, done } = lead(leadership, new AbortController().signal);
    await led;
    const ended = failure(done);
    cluster.proxy.fault = () => ({ kind: "silence" });
    const from = performance.now();
    const error = await ended;
    assert.match(error.describe(), /Lost the lease leader.*\[UNAVAILABLE\]/);
    assert.ok(performance.now() - from < TIMES.leaseMs);
    assert.equal(leadership.held, false);
  });

  it("is not held by a process that stood still for too long, whatever its timers say", async () => {
    const end = new AbortController();
    const leadership = candidate("one");
    const { led, done } = lead(leadership, end.signal);
    await led;
    const awake = performance.now() + TIMES.renewDeadlineMs;
    while (performance.now() < awake) Math.sqrt(2); // no timer and no answer gets through
    assert.equal(leadership.held, false);
    end.abort();
    await done.catch(() => undefined);
  });
});
