import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { complaint, petage } from "#test/support/cli.ts";

describe("without a cluster petage job", function () {
  this.timeout(60_000);
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "petage-words-"))));
  afterEach(() => rm(folder, { recursive: true }));

  it("says that there is no kubeconfig", async () => {
    const result = await petage(["job", "list"], {
      env: { HOME: folder, KUBECONFIG: "", KUBERNETES_SERVICE_HOST: "" },
    });
    assert.equal(result.exitCode, 1);
    assert.match(complaint(result), /^petage: There is no kubeconfig, and this is no pod\. .*\[NOT_FOUND\]$/);
  });

  it("says that nobody answers, and where, but not how it asked", async () => {
    const file = join(folder, "config");
    const config = {
      clusters: [{ name: "a", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "a", user: {} }],
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
      "current-context": "a",
    };
    await writeFile(file, JSON.stringify(config));
    for (const command of [
      ["list"],
      ["get", "a"],
      ["watch", "a"],
      ["logs", "a"],
      ["submit", "resnet18_petage_quickstart"],
    ]) {
      const result = await petage(["job", ...command, "--kubeconfig", file]);
      assert.equal(result.exitCode, 1);
      assert.match(complaint(result), /^petage: Cannot reach the API server: connect ECONNREFUSED 127\.0\.0\.1:1\. /);
    }
  });
});
