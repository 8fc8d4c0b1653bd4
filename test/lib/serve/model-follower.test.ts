import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { ModelFollower, RETRY_MS, type StoredModel } from "#lib/serve/model-follower.ts";
import { ModelSlot } from "#lib/serve/model-slot.ts";
import { FakeClock } from "#test/support/fake-clock.ts";

interface Stored {
  readonly version: number;
  /** What its weights are; a broken one cannot be loaded. */
  readonly weights: string;
}

/** A store in memory, and what follows it. */
function start() {
  const clock = new FakeClock();
  const store = { versions: [] as Stored[], error: undefined as PetageError | undefined };
  const opened: string[] = [];
  const lines: string[] = [];
  let failures = 0;
  const source = {
    async versions() {
      if (store.error) throw store.error;
      return store.versions;
    },
    sha256: async ({ weights }: Stored) => weights,
    async open({ version, weights }: Stored): Promise<StoredModel> {
      opened.push(`${version} ${weights}`);
      if (weights === "broken") throw new PetageError("CHECKPOINT_INVALID", `Version ${version} is damaged`);
      return { version, sha256: weights, [Symbol.asyncDispose]: async () => {} };
    },
  };
  const slot = new ModelSlot<StoredModel>();
  const error = (message: string, fields: object = {}): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const follower = new ModelFollower(source, slot, {
    log: { ...silentLog, error },
    clock,
    onFailure: () => failures++,
  });
  return {
    store,
    opened,
    lines,
    pass: (durationMs: number) => clock.pass(durationMs),
    failures: () => failures,
    /** Looks once; tells what it found and which version serves then. */
    look: async (...versions: Stored[]) => {
      store.versions = versions;
      return `${await follower.look()} ${slot.current?.version ?? "-"}`;
    },
  };
}

const version = (number: number, weights = `weights ${number}`): Stored => ({ version: number, weights });

describe("ModelFollower", () => {
  it("takes the newest version, and each one once", async () => {
    const { look, opened } = start();
    assert.equal(await look(), "empty -");
    assert.equal(await look(version(1)), "serving 1");
    assert.equal(await look(version(1)), "serving 1");
    assert.equal(await look(version(3), version(2), version(1)), "serving 3");
    assert.deepEqual(opened, ["1 weights 1", "3 weights 3"]);
  });

  it("keeps what it has when a newer one is broken, says so once, and tries again after a while", async () => {
    const { look, opened, lines, pass, failures } = start();
    await look(version(2));
    const broken = [version(3, "broken"), version(2)];
    for (let time = 0; time < 5; time++) assert.equal(await look(...broken), "serving 2");
    assert.deepEqual([opened.length, failures()], [2, 1]);
    pass(RETRY_MS);
    assert.equal(await look(...broken), "serving 2");
    assert.deepEqual([opened.length, failures(), lines.length], [3, 2, 1]);
    assert.match(lines[0] ?? "", /"version":3,.*damaged.*"serving":2/);
    pass(RETRY_MS);
    assert.equal(await look(version(3, "repaired"), version(2)), "serving 3");
  });

  it("starts with an older version when the newest is broken", async () => {
    const { look } = start();
    assert.equal(await look(version(2, "broken"), version(1)), "serving 1");
  });

  it("is not satisfied with a store of broken versions, as with an empty one", async () => {
    const { look, failures } = start();
    assert.equal(await look(version(2, "broken"), version(1, "broken")), "failed -");
    assert.equal(failures(), 2);
    assert.equal(await look(), "empty -");
  });

  it("goes back when the newest version is taken away", async () => {
    const { look } = start();
    await look(version(2), version(1));
    assert.equal(await look(version(1)), "serving 1");
  });

  it("takes a version again whose number was given to other weights", async () => {
    const { look, opened } = start();
    await look(version(2));
    assert.equal(await look(version(2, "others")), "serving 2");
    assert.deepEqual(opened, ["2 weights 2", "2 others"]);
  });

  it("keeps what it has while the store cannot be read, or is empty", async () => {
    const { look, store, lines } = start();
    store.error = new PetageError("INTERNAL", "Input/output error");
    assert.equal(await look(), "failed -");
    assert.equal(await look(), "failed -");
    assert.equal(lines.length, 1, "it says so once");
    store.error = undefined;
    await look(version(1));
    assert.equal(await look(), "serving 1");
    store.error = new PetageError("INTERNAL", "Input/output error");
    assert.equal(await look(), "serving 1");
    assert.equal(lines.length, 2);
  });
});
