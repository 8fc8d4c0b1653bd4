import assert from "node:assert/strict";
import { KubeError } from "#lib/k8s/errors.ts";
import { CONFIG_MAPS } from "#lib/k8s/objects.ts";
import { until } from "#test/support/until.ts";
import { failure, useProxiedCluster } from "./proxied-cluster.ts";
import type { Words } from "./proxied-cluster.ts";

describe("KubeClient", function () {
  this.timeout(60_000);
  const cluster = useProxiedCluster();

  it("keeps fields that it does not know", async () => {
    const made = await cluster.client.create<Words & { immutable?: boolean }>(CONFIG_MAPS, {
      ...cluster.words("a"),
      immutable: true,
    });
    assert.equal(made.immutable, true);
  });

  it("returns only the metadata of what it creates briefly", async () => {
    const metadata = await cluster.client.createBriefly(CONFIG_MAPS, cluster.words("a", { x: "1" }));
    const found = await cluster.client.get<Words>(CONFIG_MAPS, { namespace: cluster.namespace, name: "a" });
    assert.deepEqual(metadata, found.metadata);
    assert.deepEqual(found.data, { x: "1" });
  });

  it("replaces, merges and deletes over one connection", async () => {
    const made = await cluster.client.create(CONFIG_MAPS, cluster.words("a", { x: "1", y: "2" }));
    const replaced = await cluster.client.replace<Words>(CONFIG_MAPS, { ...made, data: { x: "2", y: "2" } });
    assert.deepEqual(replaced.data, { x: "2", y: "2" });
    const merged = await cluster.client.merge<Words>(CONFIG_MAPS, made.metadata, {
      patch: { data: { y: null, z: "3" } },
    });
    assert.deepEqual(merged.data, { x: "2", z: "3" });
    // What follows a DELETE fails when its body was sent without its length.
    for (let again = 0; again < 4; again++) {
      await cluster.client.delete(CONFIG_MAPS, { namespace: cluster.namespace, name: "a" });
      await cluster.client.create(CONFIG_MAPS, cluster.words("a"));
    }
  });

  it("deletes all that a selector names", async () => {
    for (const name of ["a", "b", "c"])
      await cluster.client.create(CONFIG_MAPS, cluster.words(name, {}, { kind: name === "c" ? "c" : "ab" }));
    await cluster.client.deleteCollection(CONFIG_MAPS, { namespace: cluster.namespace, labelSelector: "kind=ab" });
    const { items } = await cluster.client.list<Words>(CONFIG_MAPS, { namespace: cluster.namespace });
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      ["c"],
    );
  });

  it("deletes only the incarnation that is meant", async () => {
    await cluster.client.create(CONFIG_MAPS, cluster.words("a"));
    const error = await failure(
      cluster.client.delete(CONFIG_MAPS, { namespace: cluster.namespace, name: "a" }, { uid: "another" }),
    );
    assert.equal((error as KubeError).status, 409);
  });

  const refusals: readonly (readonly [string, () => Promise<unknown>, code: string, reason: string])[] = [
    [
      "what is not there",
      () => cluster.client.get(CONFIG_MAPS, { namespace: cluster.namespace, name: "none" }),
      "NOT_FOUND",
      "NotFound",
    ],
    [
      "what is there already",
      async () => (
        await cluster.client.create(CONFIG_MAPS, cluster.words("a")),
        await cluster.client.create(CONFIG_MAPS, cluster.words("a"))
      ),
      "ALREADY_EXISTS",
      "AlreadyExists",
    ],
    [
      "a version that is old",
      async () => {
        const made = await cluster.client.create(CONFIG_MAPS, cluster.words("a"));
        await cluster.client.replace<Words>(CONFIG_MAPS, { ...made, data: { x: "1" } });
        await cluster.client.replace<Words>(CONFIG_MAPS, { ...made, data: { x: "2" } });
      },
      "FAILED_PRECONDITION",
      "Conflict",
    ],
    [
      "a name that is none",
      () => cluster.client.create(CONFIG_MAPS, cluster.words("A B")),
      "INVALID_ARGUMENT",
      "Invalid",
    ],
    [
      "a field that it does not know, when strict",
      () => cluster.client.create(CONFIG_MAPS, { ...cluster.words("a"), dat: {} }, { strict: true }),
      "INVALID_ARGUMENT",
      "BadRequest",
    ],
  ];
  for (const [what, action, code, reason] of refusals) {
    it(`says how the API server refuses ${what}`, async () => {
      const error = await failure(action());
      assert.ok(error instanceof KubeError);
      assert.deepEqual([error.code, error.reason], [code, reason]);
      assert.match(error.message, /^(GET|POST|PUT) \/api\/v1\/namespaces\/test-/);
    });
  }

  it("says when it should come back", async () => {
    cluster.proxy.fault = () => ({ kind: "answer", status: 429, headers: { "retry-after": "7" }, body: "busy" });
    const error = (await failure(cluster.client.list(CONFIG_MAPS, { namespace: cluster.namespace }))) as KubeError;
    assert.deepEqual([error.code, error.retryAfterMs], ["RESOURCE_EXHAUSTED", 7_000]);
  });

  it("tells what a proxy in between answered", async () => {
    cluster.proxy.fault = () => ({ kind: "answer", status: 502, body: "<h1>Bad gateway</h1>" });
    const error = await failure(cluster.client.list(CONFIG_MAPS, { namespace: cluster.namespace }));
    assert.match(error.describe(), /HTTP 502 <h1>Bad gateway<\/h1>.*\[UNAVAILABLE\]/);
  });

  it("says that nothing could be reached when the connection breaks", async () => {
    cluster.proxy.fault = () => ({ kind: "break" });
    assert.equal(
      (await failure(cluster.client.list(CONFIG_MAPS, { namespace: cluster.namespace }))).code,
      "UNAVAILABLE",
    );
  });

  it("stops waiting when it is told to", async () => {
    cluster.proxy.fault = () => ({ kind: "silence" });
    const end = new AbortController();
    const waiting = failure(cluster.client.list(CONFIG_MAPS, { namespace: cluster.namespace }, end.signal));
    await until("the call", () => cluster.proxy.calls.length > 0);
    end.abort();
    assert.equal((await waiting).code, "ABORTED");
  });
});
