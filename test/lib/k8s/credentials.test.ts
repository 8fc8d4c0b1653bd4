import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import { loginOptions, podKubeconfig, readKubeconfig } from "#lib/k8s/kubeconfig.ts";
import { sharedSignal } from "#lib/system/shared-signal.ts";
import { readText } from "#test/support/sources.ts";
import { until } from "#test/support/until.ts";

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

  it("reads certificates as text and from files beside the kubeconfig, anew when they have changed", async () => {
    writeFileSync(join(folder, "cert.pem"), "a certificate");
    const cluster = { server: "https://a:1", "certificate-authority-data": Buffer.from("ca").toString("base64") };
    const user = { "client-certificate": "cert.pem", "client-key": "cert.pem" };
    const path = kubeconfig({ ...config, clusters: [{ name: "a", cluster }], users: [{ name: "a", user }] });
    const { ca, cert, key } = await loginOptions(readKubeconfig(path));
    assert.deepEqual([ca, cert, key].map(String), ["ca", "a certificate", "a certificate"]);
    writeFileSync(join(folder, "cert.pem"), "another");
    assert.equal(String((await loginOptions(readKubeconfig(path))).cert), "another");
  });

  it("runs the program that a user logs in with, once", async () => {
    const status = { token: "made", expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() };
    const token = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
    const script = `echo run >> ${join(folder, "runs")}; echo '${JSON.stringify(token)}'`;
    const exec = { apiVersion: token.apiVersion, command: "sh", args: ["-c", script], interactiveMode: "Never" };
    const read = readKubeconfig(kubeconfig({ ...config, users: [{ name: "a", user: { exec } }] }));
    for (let time = 0; time < 2; time++) {
      assert.equal((await loginOptions(read)).headers?.["Authorization" as never], "Bearer made");
    }
    assert.equal(readFileSync(join(folder, "runs"), "utf8"), "run\n");
  });

  it("takes those of a pod from its files, the token anew when it has changed", async () => {
    for (const [file, text] of Object.entries({ token: "first", "ca.crt": "ca", namespace: "team\n" })) {
      writeFileSync(join(folder, file), text);
    }
    using credentials = Credentials.ofPod("https://10.96.0.1:443", folder);
    const { server, headers } = await credentials.access();
    assert.deepEqual([server.href, credentials.namespace], ["https://10.96.0.1/", "team"]);
    assert.equal(headers["Authorization"], "Bearer first");
    writeFileSync(join(folder, "token"), "second");
    const options = await loginOptions(podKubeconfig("https://10.96.0.1:443", folder));
    assert.deepEqual([options.headers, String(options.ca)], [{ Authorization: "Bearer second" }, "ca"]);
    assert.throws(() => Credentials.ofPod("https://10.96.0.1:443", join(folder, "none")), { code: "NOT_FOUND" });
  });

  it("keeps one pool of connections", async () => {
    using credentials = Credentials.load(kubeconfig(config));
    const [one, two] = await Promise.all([credentials.access(), credentials.access()]);
    assert.equal(one.calls, two.calls);
    assert.notEqual(one.calls, one.watches);
  });

  it("has room for the watches of as many namespaces as the chart takes", async () => {
    const schema = JSON.parse(readText("charts/petage/values.schema.json")) as {
      properties: { controller: { properties: { watchNamespaces: { maxItems: number } } } };
    };
    const { maxItems } = schema.properties.controller.properties.watchNamespaces;
    const watches = 2 * maxItems + 1; // jobs and pods of each, and nodes
    let served = 0;
    const server = createServer((_, answer) => (answer.flushHeaders(), void (served += 1))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const cluster = { server: `http://127.0.0.1:${port}` };
    using credentials = Credentials.load(kubeconfig({ ...config, clusters: [{ name: "a", cluster }] }));
    const client = new KubeClient(credentials);
    const end = new AbortController();
    sharedSignal(end.signal);
    const open = Array.from({ length: watches }, () =>
      client.stream({ method: "GET", path: "/watch", signal: end.signal }),
    );
    try {
      await until(`${watches} watches`, () => served === watches, 10_000);
    } finally {
      end.abort();
      await Promise.allSettled(open);
      server.closeAllConnections();
      server.close();
    }
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
