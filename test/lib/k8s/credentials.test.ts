import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { Credentials } from "#lib/k8s/credentials.ts";

describe("Credentials", () => {
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "petage-kubeconfig-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function kubeconfig(content: unknown): string {
    const path = join(folder, "config.json");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "a", cluster: { server: "https://api.example:6443/sub" } }],
    users: [{ name: "a", user: { token: "a-token" } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a", namespace: "team" } }],
    "current-context": "a",
  };

  it("reads a kubeconfig: server, token and namespace", async () => {
    using credentials = Credentials.load(kubeconfig(config));
    const { server, headers } = await credentials.access();
    assert.equal(server.href, "https://api.example:6443/sub");
    assert.equal(headers["Authorization"], "Bearer a-token");
    assert.equal(credentials.namespace, "team");
  });

  it("keeps one pool of connections", async () => {
    using credentials = Credentials.load(kubeconfig(config));
    const [one, two] = await Promise.all([credentials.access(), credentials.access()]);
    assert.equal(one.calls, two.calls);
    assert.notEqual(one.calls, one.watches);
  });

  for (const [what, content, message] of [
    ["that is no YAML", "{", /Cannot read the kubeconfig .*config\.json/],
    ["without a current context", { ...config, "current-context": "none" }, /names no current cluster/],
  ] as const) {
    it(`refuses a kubeconfig ${what}`, () => {
      assert.throws(() => Credentials.load(kubeconfig(content)), { code: "NOT_FOUND", message });
    });
  }

  it("takes another context than the current one, and says which there are", () => {
    const other = { name: "b", context: { cluster: "a", user: "a", namespace: "other" } };
    const path = kubeconfig({ ...config, contexts: [...config.contexts, other] });
    using credentials = Credentials.load(path, "b");
    assert.equal(credentials.namespace, "other");
    assert.throws(() => Credentials.load(path, "c"), { code: "NOT_FOUND", hint: "It has: a, b" });
  });

  it("refuses a kubeconfig that is not there", () => {
    assert.throws(() => Credentials.load(join(folder, "none")), { code: "NOT_FOUND", message: /none/ });
  });

  it("logs in with a password where the user has one", async () => {
    const kube = new KubeConfig();
    kube.loadFromClusterAndUser(
      { name: "a", server: "http://127.0.0.1:1", skipTLSVerify: true },
      { name: "b", username: "jane", password: "word" },
    );
    using credentials = new Credentials(kube);
    const { headers } = await credentials.access();
    assert.equal(headers["authorization"], `Basic ${Buffer.from("jane:word").toString("base64")}`);
  });
});
