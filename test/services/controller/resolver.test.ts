import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { PetageError } from "#lib/base/errors.ts";
import { serviceDefinition } from "#lib/rpc/protos.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import { reachOf } from "#services/controller/local/reach.ts";
import { resolveRequest } from "#services/controller/local/resolve.ts";
import type { MachineJob } from "#services/controller/local/resolve.ts";
import { Resolvers } from "#services/controller/local/resolver.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";

/** It is given up long before its evaluation ends: a stand-in for a disk that does not answer. */
const SLOW = "x = [i * i for i in range(40000)]\n".repeat(3);
const { signal } = new AbortController();

describe("resolving requests of others in threads", function () {
  this.timeout(60_000);
  let folder = "";
  let resolvers: Resolvers;
  const settings = () => ({
    PETAGE_ROOT: folder,
    PETAGE_READ_ROOTS: undefined,
    PETAGE_WRITE_ROOTS: undefined,
    PETAGE_CONFIG_VARIABLES: undefined,
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-resolver-"));
    await writeTinyProject(folder, { count: 20 });
    await writeFile(join(folder, "slow.py"), `_base_ = 'tiny.json'\n${SLOW}`);
    resolvers = new Resolvers(settings());
  });
  after(async () => {
    await resolvers[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function request(name: string): CreateTrainingJobRequest__Output {
    const method = serviceDefinition("ControllerService")["CreateTrainingJob"];
    const job = { metadata: { name: "a" }, spec: { config: { path: join(folder, name) } } };
    return method?.requestDeserialize(method.requestSerialize({ job })) as CreateTrainingJobRequest__Output;
  }

  /** Without what differs from one job to the next. */
  function lasting({ job, run }: MachineJob): object {
    const { uid: _uid, creationTimestamp: _created, ...metadata } = job.metadata;
    return { job: { ...job, metadata }, run: { ...run, runDir: "" } };
  }

  it("gives what resolving here gives, errors included", async () => {
    const here = { root: folder, reach: reachOf(settings(), { quotesFiles: false }) };
    const there = await resolvers.resolve(request("tiny.json"), signal);
    assert.ok(isDeepStrictEqual(lasting(there), lasting(await resolveRequest(request("tiny.json"), here))));
    const errorOf = async (resolving: Promise<unknown>): Promise<string> =>
      await resolving.then(
        () => assert.fail("it was resolved"),
        (thrown: unknown) => PetageError.from(thrown).describe(),
      );
    for (const name of ["gone.py", "../outside.py"]) {
      const expected = await errorOf(resolveRequest(request(name), here));
      assert.equal(await errorOf(resolvers.resolve(request(name), signal)), expected);
    }
  });

  it("gives up those that take too long, and keeps no other waiting for them", async () => {
    const late = new AbortController();
    const slow = Array.from({ length: 6 }, () => resolvers.resolve(request("slow.py"), late.signal));
    const given = Promise.allSettled(slow);
    late.abort(new PetageError("DEADLINE_EXCEEDED", "too late"));
    const quick = resolvers.resolve(request("tiny.json"), signal);
    for (const each of await given) {
      assert.equal(each.status, "rejected");
      assert.equal(PetageError.from(each.reason).code, "DEADLINE_EXCEEDED");
    }
    assert.equal((await quick).job.metadata.name, "a");
  });

  it("resolves more at once than it has threads", async () => {
    const jobs = await Promise.all(Array.from({ length: 9 }, () => resolvers.resolve(request("tiny.json"), signal)));
    assert.equal(jobs.length, 9);
  });
});
