import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "#lib/base/log.ts";
import { openAccess, type Access } from "#lib/rpc/access/access.ts";
import { allows, NEEDS, needOf, type Need, type Role } from "#lib/rpc/access/roles.ts";
import { dial } from "#lib/rpc/client.ts";
import type { ServiceName } from "#lib/rpc/contract.ts";
import type { AnyHandler } from "#lib/rpc/handlers.ts";
import { PROTOS, serviceDefinition } from "#lib/rpc/protos.ts";
import { serve, type RunningServer } from "#lib/rpc/server.ts";
import { CertificateAuthority, SERVER_NAMES } from "#test/support/certificates.ts";
import { useGrpcurl } from "#test/support/grpcurl.ts";
import { until } from "#test/support/until.ts";
import { gate, inference, unimplemented } from "../support.ts";

const SERVICES = Object.keys(PROTOS) as ServiceName[];
const JOB = "0b1c";
const OTHER_JOB = "77aa";
const TOKENS = { predict: "predict-".repeat(4), train: "train-".repeat(5), admin: "admin-".repeat(5) };

type Client = Readonly<Record<string, (request: unknown) => Promise<unknown> | AsyncIterable<unknown>>>;

/** The methods of a service, as handlers and needs name them. */
function methodsOf(service: ServiceName): string[] {
  return Object.keys(serviceDefinition(service)).map((name) => name.charAt(0).toLowerCase() + name.slice(1));
}

/** All services at once; each RPC that is let in says that nobody has implemented it. */
async function serveAll(access: Access, job?: string): Promise<RunningServer> {
  const services = SERVICES.map((name) => {
    const handlers = Object.fromEntries(methodsOf(name).map((method) => [method, unimplemented as AnyHandler]));
    return { name, handlers, serving: true };
  });
  return await serve({ port: 0, log: silentLog, services, access, ...(job !== undefined && { job }) });
}

/** How a call ends: "let in", or the code of the refusal. */
async function outcome(client: Client, method: string): Promise<string> {
  try {
    const answer = client[method]?.(method === "predictStream" ? [] : {});
    if (answer && Symbol.asyncIterator in answer) for await (const _ of answer) break;
    else await answer;
    return "let in";
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string };
    return message === "not part of this test" ? "let in" : code;
  }
}

interface CallerCase {
  readonly who: string;
  readonly token?: string;
  readonly certificate?: string;
  /** The job whose token it has. */
  readonly job?: string;
  readonly roles?: readonly Role[];
}

const CALLERS: readonly CallerCase[] = [
  { who: "nobody" },
  { who: "a token of predict", token: TOKENS.predict, roles: ["predict"] },
  { who: "a token of train", token: TOKENS.train, roles: ["train"] },
  { who: "a token of admin", token: TOKENS.admin, roles: ["admin"] },
  { who: "a token that nobody knows", token: "x".repeat(40) },
  { who: "a certificate of predict", certificate: "predict", roles: ["predict"] },
  { who: "a certificate of train", certificate: "train", roles: ["train"] },
  { who: "a certificate of admin", certificate: "admin", roles: ["admin"] },
  { who: "a certificate without a role", certificate: "none", roles: [] },
  { who: "a certificate that quotes a role in a name", certificate: "forged", roles: [] },
  { who: "a worker of the job", job: JOB },
  { who: "a worker of another job", job: OTHER_JOB },
];

function expected({ roles, job }: CallerCase, need: Need): string {
  if (job === JOB) return "let in";
  if (need === "job") return "PERMISSION_DENIED";
  if (!roles) return "UNAUTHENTICATED";
  return allows(new Set(roles), need) ? "let in" : "PERMISSION_DENIED";
}

describe("roles", function () {
  this.timeout(60_000);
  let folder = "";
  let authority: CertificateAuthority;
  let tokensFile = "";
  const certificates = new Map<string, { cert: string; key: string }>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-roles-"));
    authority = await CertificateAuthority.make();
    tokensFile = await write(
      "tokens",
      Object.entries(TOKENS).map(([role, token]) => `${token} ${role} ${role}-user`),
    );
    const names: Readonly<Record<string, readonly string[]>> = {
      server: SERVER_NAMES,
      predict: ["URI:petage://role/predict"],
      train: ["DNS:ci.example", "URI:petage://role/train"],
      admin: ["URI:petage://role/admin"],
      none: ["DNS:pets.example", "URI:https://pets.example/petage://role/admin"],
      forged: ["email:a@pets.example, URI:petage://role/admin, DNS:x"],
    };
    for (const [name, alternativeNames] of Object.entries(names)) {
      certificates.set(name, await authority.issue(name, { name, alternativeNames }));
    }
  });
  after(async () => {
    await authority[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function write(name: string, lines: readonly string[]): Promise<string> {
    const path = join(folder, name);
    await writeFile(`${path}.new`, lines.join("\n"));
    await rename(`${path}.new`, path);
    return path;
  }

  it("are said of every RPC, and of nothing else", () => {
    for (const service of SERVICES) {
      assert.deepEqual(Object.keys(NEEDS[service]).toSorted(), methodsOf(service).toSorted());
      for (const { path } of Object.values(serviceDefinition(service))) assert.ok(needOf(path), path);
    }
    assert.equal(needOf("/grpc.health.v1.Health/Check"), undefined);
  });

  it("each open some RPC that no other role but admin does", () => {
    const needs = Object.values(NEEDS).flatMap((methods) => Object.values(methods));
    assert.deepEqual([...new Set(needs)].toSorted(), ["admin", "job", "predict", "train"]);
  });

  describe("over TLS with tokens", () => {
    let access: Access;
    let server: RunningServer;
    before(async () => {
      access = await openAccess({ ...certificates.get("server"), ca: authority.ca, tokensFile, jobKey: "a key" });
      server = await serveAll(access, JOB);
    });
    after(async () => {
      await server[Symbol.asyncDispose]();
      access[Symbol.dispose]();
    });

    for (const [index, caller] of CALLERS.entries()) {
      it(`let in ${caller.who} where they should, and nowhere else`, async () => {
        const { token, certificate, job } = caller;
        using mine = await openAccess({
          ca: authority.ca,
          jobKey: "a key",
          ...(token !== undefined && { tokenFile: await write(`token-${index}`, [token]) }),
          ...(certificate !== undefined && certificates.get(certificate)),
        });
        const found: string[] = [];
        const wanted: string[] = [];
        for (const service of SERVICES) {
          await using client = dial(server.address, service, { access: mine, ...(job !== undefined && { job }) });
          for (const [method, need] of Object.entries<Need>(NEEDS[service])) {
            found.push(`${method}: ${await outcome(client as unknown as Client, method)}`);
            wanted.push(`${method}: ${expected(caller, need)}`);
          }
        }
        assert.deepEqual(found, wanted);
      });
    }
  });

  it("are not asked for on one machine, but what belongs to a job answers that job alone", async () => {
    using access = await openAccess({ jobKey: "a key" });
    await using server = await serveAll(access, JOB);
    for (const service of SERVICES) {
      await using stranger = dial(server.address, service);
      await using other = dial(server.address, service, { access, job: OTHER_JOB });
      await using worker = dial(server.address, service, { access, job: JOB });
      for (const [method, need] of Object.entries<Need>(NEEDS[service])) {
        const denied = need === "job" ? "PERMISSION_DENIED" : "let in";
        assert.equal(await outcome(stranger as unknown as Client, method), denied, method);
        assert.equal(await outcome(other as unknown as Client, method), denied, method);
        assert.equal(await outcome(worker as unknown as Client, method), "let in", method);
      }
    }
  });

  it("are refused in one line that says who, what and how", async () => {
    using access = await openAccess({ tokensFile, jobKey: "a key" });
    await using server = await serveAll(access, JOB);
    using predict = await openAccess({ tokenFile: await write("predict-token", [TOKENS.predict]) });
    await using nobody = dial(server.address, "ControllerService");
    await assert.rejects(nobody.listTrainingJobs({}), {
      message: "ControllerService/ListTrainingJobs needs the role train, and the call does not say whose",
      hint: "Give a token (--token-file, or a header `authorization: Bearer TOKEN`) or a client certificate",
    });
    await using known = dial(server.address, "ControllerService", { access: predict });
    await assert.rejects(known.listTrainingJobs({}), {
      message: "ControllerService/ListTrainingJobs needs the role train: predict-user has the role predict",
    });
    await using trainer = dial(server.address, "TrainerService", { access: predict });
    await assert.rejects(trainer.stop({}), {
      message: "TrainerService/Stop answers only the controller and workers of its own job",
    });
  });

  it("of a token that is taken back end with the next call, and a new one's begin", async () => {
    const file = await write("changing", [`${TOKENS.train} train first`]);
    const tokenFile = await write("mine", [TOKENS.train]);
    using access = await openAccess({ tokensFile: file }, { intervalMs: 20 });
    await using server = await serveAll(access);
    using mine = await openAccess({ tokenFile }, { intervalMs: 20 });
    await using client = dial(server.address, "ControllerService", { access: mine });
    const call = (): Promise<string> => outcome(client as unknown as Client, "listTrainingJobs");
    assert.equal(await call(), "let in");
    const next = "next-".repeat(6);
    await write("changing", [`${next} train second`]);
    await until("the old token is refused", async () => (await call()) === "UNAUTHENTICATED");
    await write("mine", [next]);
    await until("the new one is taken", async () => (await call()) === "let in");
  });

  it("are refused before the request is read, however large that is", async () => {
    let seen = 0;
    const service = inference({ predict: async () => ((seen += 1), {}) });
    using access = await openAccess({ tokensFile });
    await using server = await serve({ port: 0, log: silentLog, services: [service], access });
    await using client = dial(server.address, "InferenceService");
    const image = Buffer.alloc(12 * 2 ** 20);
    await assert.rejects(client.predict({ image }), { code: "UNAUTHENTICATED" });
    assert.equal(seen, 0);
  });

  it("do not reach what answers: it sees no token", async () => {
    const headers: unknown[] = [];
    const service = inference({
      getModel: async (_, { metadata }) => (headers.push(metadata.getMap()), { classes: [] }),
    });
    using access = await openAccess({ tokensFile });
    using mine = await openAccess({ tokenFile: await write("own", [TOKENS.predict]) });
    await using server = await serve({ port: 0, log: silentLog, services: [service], access });
    await using client = dial(server.address, "InferenceService", { access: mine });
    await client.getModel({});
    assert.equal(headers.length, 1);
    assert.doesNotMatch(JSON.stringify(headers), /predict-/);
  });

  it("are not sent where all could read them", async () => {
    using mine = await openAccess({ tokenFile: await write("secret", [TOKENS.admin]) });
    await using client = dial("pets.example:50051", "InferenceService", { access: mine });
    await assert.rejects(client.getModel({}), { code: "FAILED_PRECONDITION", message: /without encryption$/ });
  });

  describe("the calls of one client", () => {
    it("are limited, while others' go on", async () => {
      const { promise, open } = gate();
      const service = inference({ getModel: async () => (await promise, { classes: [] }) });
      using access = await openAccess({ tokensFile, maxCallsPerClient: 2 });
      await using server = await serve({ port: 0, log: silentLog, services: [service], access });
      using first = await openAccess({ tokenFile: await write("first", [TOKENS.predict]) });
      using second = await openAccess({ tokenFile: await write("second", [TOKENS.admin]) });
      await using one = dial(server.address, "InferenceService", { access: first });
      await using other = dial(server.address, "InferenceService", { access: second });
      const calls = [1, 2, 3].map(() => one.getModel({}));
      const settled = await Promise.race(calls.map((call) => call.catch((error: unknown) => error)));
      assert.equal((settled as Error).message, "predict-user has 2 calls open, the most that one client may");
      const others = other.getModel({});
      open();
      await others;
      await Promise.allSettled(calls);
      await one.getModel({});
    });

    it("are counted by address where it has no name, and until it gives them up", async () => {
      let entered = 0;
      const service = inference({ getModel: () => ((entered += 1), new Promise(() => {})) });
      using access = await openAccess({ maxCallsPerClient: 1 });
      const limits = { drainGraceMs: 0 };
      await using server = await serve({ port: 0, log: silentLog, services: [service], access, limits });
      await using client = dial(server.address, "InferenceService");
      for (const round of [1, 2, 3]) {
        const given = new AbortController();
        // The server hears of the end of the call before a moment after its caller has given it up.
        const call = await until("a call is let in", async () => {
          const ended = client.getModel({}, { signal: given.signal }).catch((error: unknown) => error);
          await Promise.race([ended, until("it is let in", () => entered === round)]).catch(() => undefined);
          return entered === round && { ended };
        });
        await assert.rejects(client.getModel({}), {
          code: "RESOURCE_EXHAUSTED",
          message: "127.0.0.1 has 1 calls open, the most that one client may",
        });
        given.abort(new Error("enough"));
        assert.match(String(await call.ended), /enough/);
      }
    });
  });

  describe("as grpcurl sees them", () => {
    const grpcurl = useGrpcurl();

    it("come with a bearer token", async () => {
      using access = await openAccess({ tokensFile });
      const service = inference({ getModel: async () => ({ classes: ["cat"] }) });
      await using server = await serve({ port: 0, log: silentLog, services: [service], access });
      const call = [server.address, "petage.v1.InferenceService/GetModel"];
      const { stdout, stderr } = await grpcurl.run(["-H", `authorization: Bearer ${TOKENS.predict}`, ...call]);
      assert.deepEqual(JSON.parse(stdout), { classes: ["cat"] }, stderr);
      const denied = await grpcurl.run(["-H", `authorization: Bearer ${TOKENS.train}`, ...call]);
      assert.match(
        denied.stderr,
        /Code: PermissionDenied\n +Message: InferenceService\/GetModel needs the role predict: train-user/,
      );
      const listed = await grpcurl.run([server.address, "list"]);
      assert.match(listed.stdout, /^petage\.v1\.InferenceService$/m);
    });
  });

  describe("a file of tokens", () => {
    const long = "t".repeat(20);
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ["a line of two words", `# tokens\n\n${long} train`, /, line 3: Expected 3 words, found 2$/],
      ["a short token", "secret train ci", /, line 1: The token has fewer than 20 characters$/],
      ["a role that there is not", `${long} train,root ci`, /, line 1: Expected roles out of predict, train, admin$/],
    ];
    for (const [what, text, message] of cases) {
      it(`is refused for ${what}, and not quoted`, async () => {
        const file = await write("bad", [text]);
        await assert.rejects(openAccess({ tokensFile: file }), (error: Error) => {
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /secret|tttt/);
          return true;
        });
      });
    }
  });
});
