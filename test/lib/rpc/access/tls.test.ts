import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "#lib/base/log.ts";
import { openAccess, type Access } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { serve, type RunningServer } from "#lib/rpc/server.ts";
import type { AccessSettings } from "#lib/jobs/access-settings.ts";
import { CertificateAuthority, SERVER_NAMES, type CertificatePaths } from "#test/support/certificates.ts";
import { useGrpcurl } from "#test/support/grpcurl.ts";
import { until } from "#test/support/until.ts";
import { evaluator, inference } from "../support.ts";

const INTERVAL_MS = 20;

describe("TLS", function () {
  this.timeout(60_000);
  let authority: CertificateAuthority;
  let server: CertificatePaths;
  let client: CertificatePaths;
  before(async () => {
    authority = await CertificateAuthority.make();
    server = await authority.issue("server", { name: "server", alternativeNames: SERVER_NAMES });
    client = await authority.issue("client", { name: "pets-app", alternativeNames: ["URI:petage://role/predict"] });
  });
  after(() => authority[Symbol.asyncDispose]());

  /** A server of inference that says who it is. */
  async function start(access: Access): Promise<RunningServer> {
    const service = inference({ getModel: async () => ({ classes: ["cat"] }) });
    return await serve({ port: 0, log: silentLog, services: [service], access });
  }

  async function ask(address: string, settings: AccessSettings): Promise<readonly string[]> {
    using access = await openAccess(settings);
    await using caller = dial(address, "InferenceService", { access, deadlineMs: 5_000 });
    return (await caller.getModel({})).classes;
  }

  it("serves those who trust its CA, by name and by address, without a word from Node", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    using access = await openAccess(server);
    await using running = await start(access);
    for (const address of [running.address, `localhost:${running.port}`]) {
      assert.deepEqual(await ask(address, { ca: authority.ca }), ["cat"], address);
    }
    process.off("warning", onWarning);
    assert.deepEqual(warnings, []);
  });

  it("is refused by those who trust another CA, and says why", async () => {
    await using other = await CertificateAuthority.make("Other CA");
    using access = await openAccess(server);
    await using running = await start(access);
    await assert.rejects(ask(running.address, { ca: other.ca }), {
      code: "UNAVAILABLE",
      message: /its certificate is of a CA that is not trusted here/,
      hint: /--tls-ca$/,
    });
  });

  it("is refused by those who find another name in its certificate", async () => {
    using access = await openAccess(
      await authority.issue("elsewhere", { name: "x", alternativeNames: ["DNS:x.example"] }),
    );
    await using running = await start(access);
    await assert.rejects(ask(running.address, { ca: authority.ca }), {
      code: "UNAVAILABLE",
      message: /its certificate is for other names: .*127\.0\.0\.1/,
      hint: /--tls-server-name$/,
    });
  });

  it("is what a caller is told of who speaks it to one that does not, or does not where it is needed", async () => {
    using access = await openAccess(server);
    await using secure = await start(access);
    await using plain = await serve({ port: 0, log: silentLog, services: [inference({})] });
    await assert.rejects(ask(plain.address, { ca: authority.ca }), {
      code: "UNAVAILABLE",
      message: /failed: what listens there takes no TLS$/,
      hint: /^Leave --tls-ca and --tls-cert out/,
    });
    await assert.rejects(ask(secure.address, {}), {
      code: "UNAVAILABLE",
      message: /failed: what listens there takes TLS alone, or is no gRPC service$/,
      hint: /--tls-ca$/,
    });
  });

  it("finds workers by the one name that their certificates share", async () => {
    const workers = await authority.issue("workers", { name: "x", alternativeNames: ["DNS:petage-worker"] });
    using access = await openAccess({ ...workers, ca: authority.ca, serverName: "petage-worker", jobKey: "key" });
    const service = evaluator({ getStatus: async () => ({ queuedCount: 3 }) });
    await using running = await serve({ port: 0, log: silentLog, services: [service], access, job: "uid" });
    await using worker = dial(running.address, "EvaluatorService", { access, job: "uid", deadlineMs: 5_000 });
    assert.equal((await worker.getStatus({})).queuedCount, 3);
    using elsewhere = await openAccess({ ca: authority.ca });
    await using stranger = dial(running.address, "EvaluatorService", { access: elsewhere, deadlineMs: 5_000 });
    await assert.rejects(stranger.getStatus({}), { code: "UNAVAILABLE", message: /127\.0\.0\.1/ });
  });

  it("gives nobody without a certificate a connection where one is required", async () => {
    using access = await openAccess({ ...server, ca: authority.ca, requireClient: true });
    await using running = await start(access);
    assert.deepEqual(await ask(running.address, { ...client, ca: authority.ca }), ["cat"]);
    await assert.rejects(ask(running.address, { ca: authority.ca }), {
      code: "UNAVAILABLE",
      message: /failed: it takes callers with a certificate alone$/,
      hint: /--tls-cert/,
    });
    await assert.rejects(ask(running.address, {}), { code: "UNAVAILABLE" });
  });

  it("leaves health alone on a port without TLS, for kubelet", async () => {
    using access = await openAccess({ ...server, healthPort: 0 });
    await using running = await start(access);
    await waitForReady(`127.0.0.1:${running.healthPort}`, 5_000, { service: "InferenceService" });
    await using caller = dial(`127.0.0.1:${running.healthPort}`, "InferenceService", { deadlineMs: 5_000 });
    await assert.rejects(caller.getModel({}), { code: "FAILED_PRECONDITION", message: /does not implement/ });
  });

  describe("as grpcurl sees it", () => {
    const grpcurl = useGrpcurl();

    it("answers calls, health and reflection with a certificate, and no call without", async () => {
      using access = await openAccess({ ...server, ca: authority.ca });
      await using running = await start(access);
      const tls = ["-cacert", authority.ca];
      const mutual = [...tls, "-cert", client.cert, "-key", client.key];
      const call = [running.address, "petage.v1.InferenceService/GetModel"];
      const known = await grpcurl.runTls([...mutual, ...call]);
      assert.deepEqual(JSON.parse(known.stdout), { classes: ["cat"] }, known.stderr);
      const unknown = await grpcurl.runTls([...tls, ...call]);
      assert.match(
        unknown.stderr,
        /Code: Unauthenticated\n +Message: InferenceService\/GetModel needs the role predict/,
      );
      const health = await grpcurl.runTls([...tls, running.address, "grpc.health.v1.Health/Check"]);
      assert.deepEqual(JSON.parse(health.stdout), { status: "SERVING" }, health.stderr);
      const listed = await grpcurl.runTls([...tls, running.address, "list"]);
      assert.match(listed.stdout, /^petage\.v1\.InferenceService$/m);
    });
  });

  describe("rotation", () => {
    it("takes up a new certificate under load, and loses no call", async () => {
      const rotated = await authority.issue("rotated", { name: "first", alternativeNames: SERVER_NAMES });
      using access = await openAccess(rotated, { intervalMs: INTERVAL_MS });
      await using running = await start(access);
      let answered = 0;
      const stop = new AbortController();
      // Some keep their connection; others come anew with every call.
      const load = Array.from({ length: 4 }, async (_, index) => {
        using caller = await openAccess({ ca: authority.ca });
        await using kept = dial(running.address, "InferenceService", { access: caller });
        while (!stop.signal.aborted) {
          if (index % 2 === 0) await kept.getModel({});
          else await ask(running.address, { ca: authority.ca });
          answered += 1;
        }
      });
      for (const name of ["second", "third"]) {
        const before = answered;
        await authority.issue("rotated", { name, alternativeNames: SERVER_NAMES });
        await until(`the certificate of ${name}`, async () => (await subjectOf(running.port)) === name || undefined);
        await until("calls after it", () => answered > before + 20 || undefined);
      }
      stop.abort();
      await Promise.all(load);
    });

    it("takes up another CA under load, first beside the one before, and loses no call", async () => {
      await using next = await CertificateAuthority.make("Next CA");
      const bundle = join(authority.folder, "bundle.pem");
      const trust = async (...authorities: readonly CertificateAuthority[]): Promise<void> => {
        const certificates = await Promise.all(authorities.map(({ ca }) => readFile(ca, "utf8")));
        await writeFile(`${bundle}.new`, certificates.join(""));
        await rename(`${bundle}.new`, bundle);
      };
      const issue = (of: CertificateAuthority, name: string): Promise<CertificatePaths> =>
        of.issue(name, { name, alternativeNames: SERVER_NAMES });
      await trust(authority);
      const moving = await issue(authority, "moving");
      using access = await openAccess(moving, { intervalMs: INTERVAL_MS });
      using caller = await openAccess({ ca: bundle }, { intervalMs: INTERVAL_MS });
      const getModel = async ({ address }: RunningServer): Promise<boolean> => {
        await using anew = dial(address, "InferenceService", { access: caller, deadlineMs: 5_000 });
        return (await anew.getModel({})).classes.length === 1;
      };
      const isTrusted = (by: RunningServer): Promise<boolean> => getModel(by).catch(() => false);
      using ofBefore = await openAccess(await issue(authority, "before"));
      using ofNext = await openAccess(await issue(next, "next"));
      await using running = await start(access);
      await using before = await start(ofBefore);
      await using after = await start(ofNext);
      let answered = 0;
      const stop = new AbortController();
      const load = Array.from({ length: 4 }, async (_, index) => {
        await using kept = dial(running.address, "InferenceService", { access: caller });
        while (!stop.signal.aborted) {
          if (index % 2 === 0) await kept.getModel({});
          else await getModel(running);
          answered += 1;
        }
      });
      const moreCalls = async (): Promise<void> => {
        const count = answered;
        await until("calls after it", () => answered > count + 20 || undefined);
      };
      await trust(authority, next);
      await until("trust in the next CA", async () => (await isTrusted(after)) || undefined);
      const renewed = await issue(next, "renewed");
      await rename(renewed.key, moving.key);
      await rename(renewed.cert, moving.cert);
      await until("its certificate", async () => (await subjectOf(running.port)) === "renewed" || undefined);
      await moreCalls();
      await trust(next);
      await until("an end of trust", async () => !(await isTrusted(before)) || undefined);
      await moreCalls();
      stop.abort();
      await Promise.all(load);
    });

    it("keeps what it has while the files do not fit together", async () => {
      const paths = await authority.issue("broken", { name: "kept", alternativeNames: SERVER_NAMES });
      const warned: unknown[] = [];
      const log = { ...silentLog, warn: (_: string, fields: object = {}) => void warned.push(JSON.stringify(fields)) };
      using access = await openAccess(paths, { intervalMs: INTERVAL_MS, log });
      await using running = await start(access);
      await writeFile(paths.key, "half a key");
      await until("the warning", () => warned.length > 0 || undefined);
      assert.equal(await subjectOf(running.port), "kept");
      assert.deepEqual(await ask(running.address, { ca: authority.ca }), ["cat"]);
      assert.doesNotMatch(String(warned), /half a key/);
      await authority.issue("broken", { name: "mended", alternativeNames: SERVER_NAMES });
      await until("the next", async () => (await subjectOf(running.port)) === "mended" || undefined);
      assert.equal(warned.length <= 2, true, String(warned));
    });
  });

  describe("openAccess()", () => {
    const none = join("nowhere", "at-all.pem");
    const cases: readonly (readonly [string, () => AccessSettings, RegExp])[] = [
      ["a certificate without a key", () => ({ cert: server.cert }), /^A certificate and its key come together/],
      [
        "a key of another certificate",
        () => ({ cert: server.cert, key: client.key }),
        /do not make a certificate.*key values mismatch/,
      ],
      ["what is no PEM", () => ({ ca: import.meta.filename }), /do not make a certificate, key and CA/],
      ["a file that is not there", () => ({ ca: none }), /^There is no file nowhere\/at-all\.pem$/],
      ["required certificates without a CA", () => ({ ...server, requireClient: true }), /nothing to check them by$/],
    ];
    for (const [what, settings, message] of cases) {
      it(`refuses ${what}`, async () => {
        await assert.rejects(openAccess(settings()), { name: "PetageError", message });
      });
    }
  });
});

/** The common name of the certificate that a new connection gets. */
async function subjectOf(port: number): Promise<string> {
  const { connect } = await import("node:tls");
  return await new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: "localhost",
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
    });
    socket.once("secureConnect", () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}
