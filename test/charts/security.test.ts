import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { startNatsServer } from "#lib/host/process/nats-server.ts";
import { silentLog } from "#lib/base/log.ts";
import { WORKER_NAME } from "#lib/k8s/job/names.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import { serve } from "#lib/rpc/server.ts";
import { evaluator, inference } from "#test/lib/rpc/support.ts";
import { useHelm } from "#test/support/helm.ts";
import { CHART, ROOT } from "../../scripts/deploy.ts";
import { chartSecrets, type ChartSecrets } from "./secrets.ts";

describe("the Secrets of a release with TLS", function () {
  this.timeout(60_000);
  const helm = useHelm();
  let made: ChartSecrets;
  before(async () => (made = await chartSecrets(helm)));
  after(() => made[Symbol.asyncDispose]());

  it("let a caller with a token in who trusts their CA, by its role", async () => {
    const lines = (await readFile(join(made.folder("petage-tokens"), "tokens"), "utf8")).split("\n");
    const tokens = new Map(lines.map((line) => [line.split(" ")[1], line.split(" ")[0] ?? ""]));
    assert.deepEqual([...tokens.keys()], ["predict", "train", "admin"]);
    using access = await openAccess(made.tls);
    const service = inference({ getModel: async () => ({ classes: ["cat"] }) });
    await using server = await serve({ port: 0, log: silentLog, services: [service], access });
    for (const [role, token] of tokens) {
      const tokenFile = join(made.folder("petage-tokens"), "own");
      await writeFile(tokenFile, token);
      using caller = await openAccess({ ca: made.tls.ca, tokenFile });
      await using client = dial(`localhost:${server.port}`, "InferenceService", { access: caller });
      if (role === "train") await assert.rejects(client.getModel({}), { code: "PERMISSION_DENIED" });
      else assert.deepEqual((await client.getModel({})).classes, ["cat"]);
    }
  });

  it("let workers find each other by their one name, whatever their addresses", async () => {
    using access = await openAccess(made.workers);
    const service = evaluator({ getStatus: async () => ({ queuedCount: 3 }) });
    await using server = await serve({ port: 0, log: silentLog, services: [service], access, job: "uid" });
    await using client = dial(server.address, "EvaluatorService", { access, job: "uid" });
    assert.equal((await client.getStatus({})).queuedCount, 3);
    assert.equal(made.workers.serverName, WORKER_NAME);
  });

  it("are what helm test asks the services with", async () => {
    using access = await openAccess({ ...made.tls, requireClient: true });
    await using server = await serve({ port: 0, log: silentLog, services: [], access });
    await using nats = await startNatsServer();
    const address = `localhost:${server.port}`;
    const script = await readFile(join(CHART, "files/check-health.mjs"), "utf8");
    const own = { SERVICES: address, NATS_URL: nats.url, TLS: made.folder("petage-tls"), PATIENCE_MS: "0" };
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: ROOT,
      env: { ...process.env, ...own },
    });
    assert.deepEqual(stdout.trim().split("\n"), [`${address} SERVING`, `${nats.url} CONNECTED`]);
  });
});
