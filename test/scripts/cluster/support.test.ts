import assert from "node:assert/strict";
import { variableOf } from "../../../scripts/cluster/binaries.ts";
import { clusterSupport } from "../../../scripts/cluster/support.ts";
import { GO_TOOLS, LEVELS, debianToolsOf, goToolsOf } from "../../../scripts/cluster/tools.ts";

describe("the programs of a test cluster", () => {
  it("are more with each level", () => {
    assert.deepEqual(
      LEVELS.map((level) => goToolsOf(level).length + debianToolsOf(level).length),
      [3, 7, 21],
    );
  });

  it("each have a variable of their own", () => {
    const variables = GO_TOOLS.map(({ name }) => variableOf(name));
    assert.equal(new Set(variables).size, GO_TOOLS.length);
    assert.ok(variables.every((variable) => /^PETAGE_[A-Z0-9_]+$/.test(variable)));
    assert.ok(variables.includes("PETAGE_KUBE_APISERVER"));
  });
});

describe("clusterSupport()", () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  it("says that a level is not wanted", async () => {
    process.env["PETAGE_CLUSTER_LEVEL"] = "1";
    assert.deepEqual(await clusterSupport(2), { available: false, why: "PETAGE_CLUSTER_LEVEL is 1" });
  });

  it("refuses a variable that names no program", async () => {
    process.env["PETAGE_ETCD"] = "/nowhere/etcd";
    await assert.rejects(clusterSupport(1), { code: "NOT_FOUND", message: /PETAGE_ETCD names "\/nowhere\/etcd"/ });
  });
});
