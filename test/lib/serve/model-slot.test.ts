import assert from "node:assert/strict";
import { ModelSlot } from "#lib/serve/model-slot.ts";

class FakeModel implements AsyncDisposable {
  readonly name: string;
  disposed = false;

  constructor(name: string) {
    this.name = name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }
}

const absent = (): Error => new Error("none yet");

/** Work that goes on until it is let go. */
function held() {
  let release = (): void => {};
  const over = new Promise<void>((resolve) => (release = resolve));
  return { release, work: (model: FakeModel) => over.then(() => `${model.name} ${model.disposed}`) };
}

describe("ModelSlot", () => {
  it("says why there is no model", async () => {
    const slot = new ModelSlot<FakeModel>();
    await assert.rejects(
      slot.use(() => Promise.resolve(1), absent),
      /none yet/,
    );
  });

  it("gives new work to the next model at once, and keeps the one before until its own is done", async () => {
    const slot = new ModelSlot<FakeModel>();
    const [first, second] = [new FakeModel("first"), new FakeModel("second")];
    await slot.replace(first);
    const long = held();
    const answers = [slot.use(long.work, absent), slot.use(long.work, absent)];
    const replaced = slot.replace(second);
    assert.equal(slot.current, second);
    assert.equal(await slot.use(async ({ name }) => name, absent), "second");
    assert.equal(first.disposed, false);
    long.release();
    assert.deepEqual(await Promise.all(answers), ["first false", "first false"]);
    await replaced;
    assert.deepEqual([first.disposed, second.disposed], [true, false]);
  });

  it("lets go of a model whose work failed", async () => {
    const slot = new ModelSlot<FakeModel>();
    const model = new FakeModel("first");
    await slot.replace(model);
    await assert.rejects(
      slot.use(() => Promise.reject(new Error("bad photo")), absent),
      /bad photo/,
    );
    await slot[Symbol.asyncDispose]();
    assert.equal(model.disposed, true);
    assert.equal(slot.current, undefined);
  });
});
