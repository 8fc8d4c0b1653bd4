import assert from "node:assert/strict";
import { ALL_NAMESPACES, controllerOf, keyOf, pathOf, PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { KubeObject, Place, ResourceType } from "#lib/k8s/objects.ts";
import { Store } from "#lib/k8s/store.ts";

function pod(name: string, { uid = name, version = "1", owner = "", namespace = "ns" } = {}): KubeObject {
  const ownerReferences =
    owner === "" ? [] : [{ apiVersion: "v1", kind: "A", name: "a", uid: owner, controller: true }];
  return { metadata: { name, namespace, uid, resourceVersion: version, ownerReferences } };
}

describe("Store", () => {
  function observed(): { store: Store<KubeObject>; seen: string[] } {
    const store = new Store<KubeObject>();
    const seen: string[] = [];
    store.onChange(({ key, before, after }) => {
      seen.push(`${before?.metadata.uid ?? "-"} to ${after?.metadata.uid ?? "-"} at ${key}`);
    });
    return { store, seen };
  }

  it("tells what came, changed and went", () => {
    const { store, seen } = observed();
    store.set(pod("a"));
    store.set(pod("a", { version: "2" }));
    store.delete("ns/a");
    store.delete("ns/a");
    assert.deepEqual(seen, ["- to a at ns/a", "a to a at ns/a", "a to - at ns/a"]);
  });

  it("shows one that was made anew under its name as gone, then as new", () => {
    const { store, seen } = observed();
    store.set(pod("a", { uid: "old", owner: "x" }));
    store.set(pod("a", { uid: "new", owner: "y" }));
    assert.deepEqual(seen.slice(1), ["old to - at ns/a", "- to new at ns/a"]);
    assert.deepEqual([store.ownedBy("x").length, store.ownedBy("y").length], [0, 1]);
  });

  describe("after a write of ours", () => {
    const shown = (store: Store<KubeObject>) => store.get("ns/a")?.metadata.resourceVersion;

    it("shows what was written at once, and nothing older until the watch has brought it", () => {
      const { store } = observed();
      store.set(pod("a", { version: "1" }));
      store.wrote(pod("a", { version: "7" }), "1");
      assert.equal(shown(store), "7");
      store.set(pod("a", { version: "4" }));
      assert.equal(shown(store), "7");
      store.set(pod("a", { version: "7" }));
      store.set(pod("a", { version: "9" }));
      assert.equal(shown(store), "9");
    });

    it("shows what somebody else wrote after a write that changed nothing, of which the watch says nothing", () => {
      const { store } = observed();
      store.set(pod("a", { version: "7" }));
      store.wrote(pod("a", { version: "7" }), "7");
      store.set(pod("a", { version: "8" }));
      assert.equal(shown(store), "8");
    });

    it("shows what somebody else wrote later, also where the watch leaves ours out", () => {
      const { store } = observed();
      store.set(pod("a", { version: "1" }));
      store.wrote(pod("a", { version: "7" }), "1");
      store.set(pod("a", { version: "8" }));
      assert.equal(shown(store), "8");
    });

    it("says nothing when the watch brings what was written", () => {
      const { store, seen } = observed();
      store.wrote(pod("a", { version: "7" }), undefined);
      store.set(pod("a", { version: "7" }));
      assert.deepEqual(seen, ["- to a at ns/a"]);
    });

    it("takes what the API server added to it, which is no news", () => {
      const { store, seen } = observed();
      store.wrote(pod("a", { version: "7" }), undefined);
      store.set({ ...pod("a", { version: "7" }), spec: { added: 1 } } as KubeObject);
      assert.deepEqual(store.get("ns/a"), { ...pod("a", { version: "7" }), spec: { added: 1 } });
      assert.deepEqual(seen, ["- to a at ns/a"]);
    });

    it("passes over an answer that the watch has overtaken", () => {
      const { store } = observed();
      store.set(pod("a", { version: "7" }));
      store.set(pod("a", { version: "8" }));
      store.wrote(pod("a", { version: "7" }), undefined);
      assert.equal(shown(store), "8");
      store.delete("ns/a");
      store.wrote(pod("a", { version: "7" }), undefined);
      assert.equal(shown(store), undefined);
    });

    it("believes a list that was taken later, whatever was written before", () => {
      const { store } = observed();
      for (const name of ["a", "b"]) store.wrote(pod(name, { version: "7" }), undefined);
      store.replace([pod("a", { version: "8" })], "ns", "12");
      assert.deepEqual([shown(store), store.size], ["8", 1]);
    });

    it("does not believe a list that was taken earlier and came later", () => {
      const { store, seen } = observed();
      store.replace([pod("a", { version: "7" })], "ns", "9");
      store.wrote(pod("a", { version: "10" }), "7");
      store.wrote(pod("b", { version: "11" }), undefined);
      seen.length = 0;
      store.replace([pod("a", { version: "7" })], "ns", "9");
      assert.deepEqual([shown(store), store.size, seen], ["10", 2, []]);
    });
  });

  it("replaces everything, and tells only what differs", () => {
    const { store, seen } = observed();
    store.replace([pod("same"), pod("older"), pod("goes")]);
    seen.length = 0;
    store.replace([pod("same"), pod("older", { version: "2" }), pod("new")]);
    assert.deepEqual(seen, ["goes to - at ns/goes", "older to older at ns/older", "- to new at ns/new"]);
    assert.equal(store.size, 3);
  });

  describe("of several namespaces", () => {
    const cat = pod("a", { uid: "cat", namespace: "cats" });

    it("keeps what is there of the others when one is listed, be it the first time or again", () => {
      const { store, seen } = observed();
      store.replace([cat], "cats");
      store.replace([pod("a"), pod("b")], "ns");
      assert.deepEqual([store.size, store.get("cats/a"), store.get("ns/a")], [3, cat, pod("a")]);
      seen.length = 0;
      store.replace([pod("a")], "ns");
      assert.deepEqual(seen, ["b to - at ns/b"]);
      store.replace([], "cats");
      assert.deepEqual([...store.all()], [pod("a")]);
    });

    it("takes a list of objects alone for that of their namespaces", () => {
      const { store } = observed();
      store.replace([cat]);
      store.replace([pod("a"), pod("b")]);
      store.replace([pod("a")]);
      assert.deepEqual([...store.all()], [cat, pod("a")]);
    });

    it("knows of nothing else once all namespaces are listed", () => {
      const { store } = observed();
      for (const each of [cat, pod("a"), pod("b")]) store.set(each);
      store.replace([pod("b")], ALL_NAMESPACES);
      assert.deepEqual([...store.all()], [pod("b")]);
      store.replace([], ALL_NAMESPACES);
      assert.equal(store.size, 0);
    });

    it("goes on to believe what we wrote there when another is listed", () => {
      const { store } = observed();
      store.replace([cat], "cats");
      store.wrote(pod("a", { uid: "cat", namespace: "cats", version: "7" }), "1");
      store.replace([], "ns");
      store.set(cat); // the watch of cats has not caught up
      assert.equal(store.get("cats/a")?.metadata.resourceVersion, "7");
    });
  });

  it("finds what an owner has, wherever it moves", () => {
    const { store } = observed();
    for (const name of ["a", "b"]) store.set(pod(name, { owner: "job" }));
    store.set(pod("c", { owner: "other" }));
    store.set(pod("b", { owner: "other", version: "2" }));
    const names = (uid: string): string[] => store.ownedBy(uid).map(({ metadata }) => metadata.name);
    assert.deepEqual([names("job"), names("other"), names("nobody")], [["a"], ["c", "b"], []]);
    store.delete("ns/a");
    assert.deepEqual(names("job"), []);
  });

  it("drops who wrote which field, and nothing else", () => {
    const { store } = observed();
    const object = { kind: "Pod", metadata: { ...pod("a").metadata, managedFields: [{}] }, spec: { new: 1 } };
    store.set(object);
    const { managedFields: _, ...metadata } = object.metadata;
    assert.deepEqual(store.get("ns/a"), { ...object, metadata });
  });

  it("forgets listeners that stop", () => {
    const { store, seen } = observed();
    const stop = store.onChange(() => seen.push("second"));
    stop();
    store.set(pod("a"));
    assert.deepEqual(seen, ["- to a at ns/a"]);
  });
});

describe("pathOf()", () => {
  const cases: readonly (readonly [ResourceType, Place, string])[] = [
    [PODS, {}, "/api/v1/pods"],
    [PODS, { namespace: "a" }, "/api/v1/namespaces/a/pods"],
    [PODS, { namespace: "a", name: "b", subresource: "log" }, "/api/v1/namespaces/a/pods/b/log"],
    [TRAINING_JOBS, { namespace: "a", name: "b" }, "/apis/petage.dev/v1alpha1/namespaces/a/trainingjobs/b"],
    [PODS, { namespace: "../x", name: "a/b?c" }, "/api/v1/namespaces/..%2Fx/pods/a%2Fb%3Fc"],
  ];
  for (const [type, place, path] of cases) {
    it(`is ${path}`, () => assert.equal(pathOf(type, place), path));
  }
});

it("keyOf() and controllerOf() read an object", () => {
  assert.equal(keyOf(pod("a")), "ns/a");
  assert.equal(keyOf({ metadata: { name: "node1" } }), "node1");
  assert.equal(controllerOf(pod("a", { owner: "x" })), "x");
  const notController = [{ apiVersion: "v1", kind: "A", name: "a", uid: "x" }];
  assert.equal(controllerOf({ metadata: { name: "a", ownerReferences: notController } }), undefined);
});
