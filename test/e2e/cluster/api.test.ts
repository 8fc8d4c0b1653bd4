import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../../scripts/cluster/cluster.ts";
import { isRunning } from "../../../scripts/cluster/process-identity.ts";
import { takenSlots } from "../../../scripts/cluster/slot.ts";
import type { ClusterState } from "../../../scripts/cluster/slot.ts";
import { startCluster } from "../../../scripts/cluster/start.ts";
import { takeDownAbandoned } from "../../../scripts/cluster/teardown.ts";
import { OWNED_CLUSTER, useCluster } from "../../support/cluster.ts";
import { until } from "../../support/until.ts";

function words(name: string): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data: { greeting: "hello" } };
}

function stateOf({ folder }: Pick<Cluster, "folder">): ClusterState {
  return JSON.parse(readFileSync(join(folder, "state.json"), "utf8")) as ClusterState;
}

describe("a cluster of level 1", function () {
  this.timeout(60_000);
  const cluster = useCluster(1);

  it("keeps what is applied", async () => {
    await cluster().apply(words("kept"));
    const { data } = await cluster().get<{ data: unknown }>("configmap", "kept");
    assert.deepEqual(data, { greeting: "hello" });
  });

  it("refuses what is not valid, in the API server's words", async () => {
    const bad = { apiVersion: "v1", kind: "Pod", metadata: { name: "bad" }, spec: { containers: [] } };
    await assert.rejects(cluster().apply(bad), { code: "PROCESS_FAILED", message: /spec\.containers: Required value/ });
  });

  it("counts each request once", async () => {
    await cluster().apply(words("counted"));
    await cluster().kubectl(["delete", "configmap", "counted", "--wait=false"]);
    const counted = cluster()
      .auditLog()
      .filter(({ resource, name }) => resource === "configmaps" && name === "counted")
      .map(({ user, verb, code }) => `${user} ${verb} ${code}`);
    assert.deepEqual(counted, ["admin get 404", "admin create 201", "admin delete 200"]);
  });

  it("logs no requests of its own parts", () => {
    const users = new Set(
      cluster()
        .auditLog()
        .map(({ user }) => user),
    );
    assert.deepEqual(
      [...users].filter((user) => user !== "system:anonymous"),
      ["admin"],
    );
  });

  it("offers the API of gangs", async () => {
    const { items } = await cluster().get<{ items: unknown[] }>("podgroups.v1beta1.scheduling.k8s.io");
    assert.deepEqual(items, []);
  });

  it("keeps its objects when its parts are killed and come again", async () => {
    await cluster().apply(words("lasting"));
    for (const name of ["etcd", "kube-apiserver"]) await cluster().restart(name);
    assert.equal(await cluster().kubectl(["get", "configmap", "lasting", "--output=name"]), "configmap/lasting\n");
  });

  it("runs beside another one", async () => {
    await using other = await startCluster({ level: 1 });
    assert.notEqual(other.url, cluster().url);
    await other.apply(words("elsewhere"));
    await assert.rejects(cluster().get("configmap", "elsewhere"), /not found/);
  });

  it("leaves nothing when it is disposed", async () => {
    const other = await startCluster({ level: 1 });
    const { processes } = stateOf(other);
    assert.deepEqual(
      processes.map(({ name }) => name),
      ["etcd", "kube-apiserver"],
    );
    await other[Symbol.asyncDispose]();
    assert.deepEqual(
      processes.filter((each) => isRunning(each)),
      [],
    );
    assert.ok(!existsSync(other.folder));
    await other[Symbol.asyncDispose](); // twice is fine
  });

  it("leaves nothing when it does not come up", async () => {
    const before = takenSlots();
    const environment = { ...process.env };
    process.env["PETAGE_ETCD"] = "/bin/false";
    try {
      await assert.rejects(startCluster({ level: 1 }), { code: "PROCESS_FAILED", message: /^etcd .* ended with 1/ });
    } finally {
      process.env = environment;
    }
    assert.deepEqual(takenSlots(), before);
  });

  it("ends with the process that started it, however that ends", async () => {
    const owner = fork(OWNED_CLUSTER, ["1"], { execArgv: ["--import", "tsx"] });
    const [started] = (await once(owner, "message")) as [{ folder: string }];
    const { processes } = stateOf(started);
    owner.kill("SIGKILL");
    await once(owner, "exit"); // its last thread: its processes end with the first
    await until("its processes are gone", () => !processes.some((each) => isRunning(each)));
    await takeDownAbandoned();
    assert.ok(!existsSync(started.folder));
  });
});
