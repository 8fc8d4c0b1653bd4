import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect } from "nats";
import type { NatsConnection } from "nats";
import { startNatsServer } from "#lib/host/process/nats-server.ts";
import type { NatsServer } from "#lib/host/process/nats-server.ts";
import { silentLog } from "#lib/base/log.ts";
import { ringSubjects } from "#lib/messaging/subjects.ts";
import { serve } from "#lib/rpc/server.ts";
import { CHART, goldenOf, ROOT } from "../../scripts/deploy.ts";
import { objectsOf } from "./rendered.ts";
import type { Rendered } from "./rendered.ts";

const PASSWORDS = { CONTROLLER: "pcontroller", WORKER: "pworker", SYSTEM: "psystem", ROUTE: "proute" };
const variables = Object.fromEntries(Object.entries(PASSWORDS).map(([who, word]) => [`NATS_${who}_PASSWORD`, word]));

/** nats.conf as the chart writes it where JetStream is on, with folders and ports of this machine. */
function configText(storeFolder: string): string {
  const objects = objectsOf(readFileSync(goldenOf("openshift"), "utf8"));
  const isConfig = ({ kind, metadata }: Rendered): boolean => kind === "ConfigMap" && metadata.name === "pets-nats";
  const config = objects.find(isConfig) as Rendered & { data: Record<string, string> };
  const text = config.data["nats.conf"] ?? "";
  return text.replace('"/data"', JSON.stringify(storeFolder)).replace(/^http: .*$/m, 'http: "127.0.0.1:-1"');
}

describe("the chart's NATS", function () {
  this.timeout(30_000);
  let folder = "";
  let server: NatsServer;

  before("run nats-server with the chart's configuration", async () => {
    folder = mkdtempSync(join(tmpdir(), "petage-nats-"));
    const configFile = join(folder, "nats.conf");
    writeFileSync(configFile, configText(join(folder, "jetstream")));
    Object.assign(process.env, variables, { POD_NAME: "petage-nats-0" });
    server = await startNatsServer({ configFile });
  });
  after("stop it", async () => {
    await server?.[Symbol.asyncDispose]();
    for (const name of [...Object.keys(variables), "POD_NAME"]) delete process.env[name];
    rmSync(folder, { recursive: true, force: true });
  });

  const login = (user: string, pass: string): Promise<NatsConnection> =>
    connect({ servers: server.url, user, pass, reconnect: false, timeout: 5_000 });

  /** What the server says against a worker's subscription; nothing when it takes it. */
  async function refusal(subject: string): Promise<string | undefined> {
    const connection = await login("worker", PASSWORDS.WORKER);
    let refused: string | undefined;
    connection.subscribe(subject, { callback: (error) => (refused = error?.code) });
    await connection.flush(); // the server complains before it answers this
    await connection.close();
    return refused;
  }

  it("lets a worker take its part in a ring", async () => {
    const subject = ringSubjects("quickstart", 0).data(1);
    const [one, two] = await Promise.all([login("worker", PASSWORDS.WORKER), login("worker", PASSWORDS.WORKER)]);
    const arrived = (async () => {
      for await (const message of two.subscribe(subject, { max: 1 })) return message.string();
      return undefined;
    })();
    await two.flush();
    one.publish(subject, "gradients");
    assert.equal(await arrived, "gradients");
    await Promise.all([one.close(), two.close()]);
  });

  for (const [who, pass] of [
    ["worker", "wrong"],
    ["worker", PASSWORDS.CONTROLLER],
    ["nobody", ""],
  ] as const) {
    it(`refuses ${who} with the password "${pass}"`, async () => {
      await assert.rejects(login(who, pass), /Authorization|AUTHORIZATION/);
    });
  }

  it("has JetStream for the controller", async () => {
    const connection = await login("controller", PASSWORDS.CONTROLLER);
    const { streams } = await (await connection.jetstreamManager()).getAccountInfo();
    assert.equal(streams, 0);
    await connection.close();
  });

  it("keeps workers out of JetStream's administration", async () => {
    const connection = await login("worker", PASSWORDS.WORKER);
    const asked = connection.request("$JS.API.STREAM.NAMES", "{}", { timeout: 1_000 });
    await assert.rejects(asked, /PERMISSIONS|Permissions|TIMEOUT/);
    await connection.close();
  });

  for (const [subject, answer] of [
    ["petage.>", undefined],
    ["_INBOX.a", undefined],
    [">", "PERMISSIONS_VIOLATION"],
    ["$SYS.>", "PERMISSIONS_VIOLATION"],
    ["$JS.EVENT.>", "PERMISSIONS_VIOLATION"],
  ] as const) {
    it(`${answer === undefined ? "lets" : "does not let"} a worker listen to ${subject}`, async () => {
      assert.equal(await refusal(subject), answer);
    });
  }

  describe("helm test", () => {
    const script = readFileSync(join(CHART, "files/check-health.mjs"), "utf8");
    const check = (services: string, password: string, patienceMs = 0): Promise<{ stdout: string }> => {
      const own = { SERVICES: services, NATS_URL: server.url, NATS_PASSWORD: password };
      return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
        cwd: ROOT,
        env: { ...process.env, ...own, PATIENCE_MS: String(patienceMs) },
      });
    };

    it("is green when everything answers", async () => {
      await using service = await serve({ port: 0, services: [], log: silentLog });
      const { stdout } = await check(`${service.address} ${service.address}`, PASSWORDS.WORKER);
      assert.deepEqual(stdout.trim().split("\n"), [
        `${service.address} SERVING`,
        `${service.address} SERVING`,
        `${server.url} CONNECTED`,
      ]);
    });

    it("waits for a Service whose endpoints the nodes do not know yet", async () => {
      const early = createServer((socket) => {
        socket.destroy();
        early.close();
      }).listen(0, "127.0.0.1");
      await once(early, "listening");
      const { port } = early.address() as AddressInfo;
      const checked = check(`127.0.0.1:${port}`, PASSWORDS.WORKER, 20_000);
      await once(early, "close");
      await using service = await serve({ port, services: [], log: silentLog });
      assert.match((await checked).stdout, new RegExp(`^${service.address} SERVING`));
    });

    it("is red when NATS refuses the password", async () => {
      await using service = await serve({ port: 0, services: [], log: silentLog });
      await assert.rejects(check(service.address, "wrong"), { code: 1 });
    });
  });
});
