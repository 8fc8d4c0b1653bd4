import assert from "node:assert/strict";
import { silentLog } from "#lib/base/log.ts";
import { CONFIG_MAPS, keyOf } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import type { ReflectorLimits } from "#lib/k8s/reflector.ts";
import { Store } from "#lib/k8s/store.ts";
import { until } from "#test/support/until.ts";
import { NAMESPACES, useProxiedCluster } from "./proxied-cluster.ts";
import type { Words } from "./proxied-cluster.ts";

const LIMITS: Partial<ReflectorLimits> = { pageSize: 3, firstRetryMs: 5, maximumRetryMs: 40, inactivityMs: 2_000 };

describe("Reflector", function () {
  this.timeout(60_000);
  const cluster = useProxiedCluster();

  /** A store that follows the ConfigMaps of the namespace while `body` runs. */
  async function following(
    body: (store: Store<Words>, reflector: Reflector<Words>) => Promise<void>,
    limits: Partial<ReflectorLimits> = {},
    { namespace = cluster.namespace, store = new Store<Words>(), log = silentLog } = {},
  ): Promise<void> {
    const end = new AbortController();
    const options = { client: cluster.client, type: CONFIG_MAPS, namespace, store, log };
    const reflector = new Reflector({ ...options, limits: { ...LIMITS, ...limits } });
    const running = reflector.run(end.signal);
    try {
      await body(store, reflector);
    } finally {
      end.abort();
      await running;
    }
  }

  const has = (store: Store<Words>, name: string, x?: string): Promise<unknown> =>
    until(`${name} with ${x}`, () => {
      const found = store.get(`${cluster.namespace}/${name}`);
      return found !== undefined && found.data?.["x"] === x;
    });
  const watching = (): Promise<unknown> => until("a watch", () => cluster.proxy.openWatches > 0);

  it("reads a collection page by page, then follows it", async () => {
    for (let index = 0; index < 8; index++) await cluster.client.create(CONFIG_MAPS, cluster.words(`a${index}`));
    cluster.proxy.calls.length = 0;
    await following(async (store, reflector) => {
      await reflector.synced;
      assert.equal(store.size, 8);
      assert.equal(
        cluster.proxy.count(({ isWatch, method }) => method === "GET" && !isWatch),
        3,
      );
      await cluster.client.create(CONFIG_MAPS, cluster.words("new", { x: "1" }));
      await has(store, "new", "1");
      await cluster.client.merge<Words>(
        CONFIG_MAPS,
        { namespace: cluster.namespace, name: "new" },
        { patch: { data: { x: "2" } } },
      );
      await has(store, "new", "2");
      await cluster.client.delete(CONFIG_MAPS, { namespace: cluster.namespace, name: "new" });
      await until("its end", () => store.size === 8);
      assert.equal(reflector.lists, 1);
      assert.ok([...store.all()].every(({ metadata }) => metadata.managedFields === undefined));
    });
  });

  it("asks for bookmarks and bounds its watches", async () => {
    await following(async () => {
      await watching();
      const { query } = cluster.proxy.calls.find(({ isWatch }) => isWatch) ?? assert.fail("no watch");
      assert.equal(query.get("allowWatchBookmarks"), "true");
      assert.ok(Number(query.get("timeoutSeconds")) >= 300 && Number(query.get("timeoutSeconds")) <= 600);
    });
  });

  it("goes on where it was when a watch breaks, without reading everything again", async () => {
    await following(async (store, reflector) => {
      await watching();
      for (let round = 0; round < 3; round++) {
        cluster.proxy.fault = ({ isWatch }) => (isWatch ? { kind: "break" } : undefined);
        cluster.proxy.breakWatches();
        await cluster.client.create(CONFIG_MAPS, cluster.words(`during-${round}`));
        cluster.proxy.fault = () => undefined;
        await has(store, `during-${round}`);
      }
      assert.equal(reflector.lists, 1);
    });
  });

  for (const status of [500, 502, 503, 429, 403]) {
    it(`outlives answers with ${status}, to lists and to watches`, async () => {
      await cluster.client.create(CONFIG_MAPS, cluster.words("there"));
      let left = 3;
      cluster.proxy.fault = ({ method }) =>
        method === "GET" && left-- > 0 ? { kind: "answer", status, body: "no" } : undefined;
      await following(async (store, reflector) => {
        await reflector.synced;
        await watching();
        left = 3;
        cluster.proxy.breakWatches();
        await until("the faults", () => left <= 0);
        await cluster.client.create(CONFIG_MAPS, cluster.words("last"));
        await has(store, "last");
      });
    });
  }

  it("waits as long as the server asks for", async () => {
    let refusedAt = 0;
    cluster.proxy.fault = () => {
      if (refusedAt > 0) return undefined;
      refusedAt = performance.now();
      return { kind: "answer", status: 429, headers: { "retry-after": "1" }, body: "busy" };
    };
    await following(async (_store, reflector) => {
      await reflector.synced;
      assert.ok(performance.now() - refusedAt >= 990);
    });
  });

  it("reads everything again when its version is too old (410 as an answer)", async () => {
    await following(async (store, reflector) => {
      await watching();
      let left = 1;
      cluster.proxy.fault = ({ isWatch }) =>
        isWatch && left-- > 0
          ? { kind: "answer", status: 410, body: '{"reason":"Expired","message":"too old"}' }
          : undefined;
      cluster.proxy.breakWatches();
      await until("a second list", () => reflector.lists === 2);
      await cluster.client.create(CONFIG_MAPS, cluster.words("after"));
      await has(store, "after");
    });
  });

  it("reads everything again when its version is too old (410 in a watch), and sees what went meanwhile", async () => {
    await cluster.client.create(CONFIG_MAPS, cluster.words("goes"));
    await following(async (store, reflector) => {
      await watching();
      const gone: string[] = [];
      store.onChange(({ key, after }) => after === undefined && gone.push(key));
      cluster.proxy.muted = true;
      await cluster.client.delete(CONFIG_MAPS, { namespace: cluster.namespace, name: "goes" });
      cluster.proxy.inject({
        type: "ERROR",
        object: { kind: "Status", code: 410, reason: "Expired", message: "too old" },
      });
      await until("a second list", () => reflector.lists === 2);
      assert.deepEqual(gone, [`${cluster.namespace}/goes`]);
    });
  });

  it("shares a store with those of other namespaces", async () => {
    const namespace = `${cluster.namespace}-other`;
    await cluster.client.create(NAMESPACES, { metadata: { name: namespace } });
    await cluster.client.create<Words>(CONFIG_MAPS, { metadata: { name: "there", namespace } });
    await cluster.client.create(CONFIG_MAPS, cluster.words("here"));
    await following(async (store, first) => {
      await first.synced;
      const both = async (_: Store<Words>, second: Reflector<Words>): Promise<void> => {
        await until("both watches", () => cluster.proxy.openWatches === 2);
        const keys = [`${namespace}/there`, `${cluster.namespace}/here`];
        assert.deepEqual([...store.all()].map(keyOf).toSorted(), keys);
        cluster.proxy.inject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
        await until("second lists", () => first.lists === 2 && second.lists === 2);
        assert.deepEqual([...store.all()].map(keyOf).toSorted(), keys);
        await cluster.client.delete(CONFIG_MAPS, { name: "there", namespace });
        await until("only what is here", () => store.size === 1);
      };
      await following(both, {}, { namespace, store });
    });
  });

  it("gives up a watch on which nothing arrives any more", async () => {
    await following(
      async (store) => {
        await watching();
        cluster.proxy.muted = true;
        const before = cluster.proxy.count(({ isWatch }) => isWatch);
        await until("another watch", () => cluster.proxy.count(({ isWatch }) => isWatch) > before);
        cluster.proxy.muted = false;
        await cluster.client.create(CONFIG_MAPS, cluster.words("after"));
        await has(store, "after");
      },
      { inactivityMs: 200 },
    );
  });

  it("does not ask in a loop when the server ends every watch at once", async () => {
    cluster.proxy.fault = ({ isWatch }) => (isWatch ? { kind: "answer", status: 200 } : undefined);
    await following(
      async (_store, reflector) => {
        await reflector.synced;
        const from = performance.now();
        await until("six watches", () => cluster.proxy.count(({ isWatch }) => isWatch) >= 6);
        assert.ok(performance.now() - from > 50, "they came too fast");
      },
      { firstRetryMs: 20, maximumRetryMs: 1_000 },
    );
  });

  it("tells once that it may not see a namespace, keeps nobody waiting, and begins when it may", async () => {
    const body = JSON.stringify({ kind: "Status", code: 403, reason: "Forbidden", message: "not yours" });
    cluster.proxy.fault = () => ({ kind: "answer", status: 403, body });
    const told: string[] = [];
    const log = { ...silentLog, error: (message: string) => void told.push(message) };
    await following(
      async (store, reflector) => {
        await reflector.answered;
        await until("more tries", () => cluster.proxy.count(() => true) > 3);
        assert.deepEqual(told, ["May not watch this namespace, and goes on without it"]);
        assert.ok(reflector.isForbidden && reflector.silenceMs < 1_000);
        cluster.proxy.fault = () => undefined;
        await reflector.synced;
        assert.ok(!reflector.isForbidden);
        await cluster.client.create(CONFIG_MAPS, cluster.words("later"));
        await has(store, "later");
      },
      {},
      { log },
    );
  });

  it("outlives garbage in a watch", async () => {
    await following(async (store) => {
      await watching();
      cluster.proxy.inject(["not", "an", "event"]);
      await cluster.client.create(CONFIG_MAPS, cluster.words("after"));
      await has(store, "after");
    });
  });

  it("outlives a listener that throws", async () => {
    await following(async (store, reflector) => {
      await reflector.synced;
      const stop = store.onChange(() => {
        throw new Error("a bug of somebody else");
      });
      await cluster.client.create(CONFIG_MAPS, cluster.words("one"));
      await has(store, "one");
      stop();
      await cluster.client.create(CONFIG_MAPS, cluster.words("two"));
      await has(store, "two");
    });
  });

  it("ends when it is told to, and leaves no watch open", async () => {
    await following(async () => void (await watching()));
    await until("no watch", () => cluster.proxy.openWatches === 0);
  });
});
