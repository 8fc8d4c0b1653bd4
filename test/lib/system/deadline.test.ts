import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { abortReason } from "#lib/base/signals.ts";
import { Deadline } from "#lib/system/deadline.ts";
import type { DeadlineOptions } from "#lib/system/deadline.ts";
import { FakeClock } from "#test/support/fake-clock.ts";

function start(options: DeadlineOptions = {}) {
  const clock = new FakeClock();
  return { clock, deadline: new Deadline(100, { clock, ...options }) };
}

describe("Deadline", () => {
  it("aborts when the time is over, and not before", () => {
    const { clock, deadline } = start();
    clock.pass(99);
    assert.equal(deadline.signal.aborted, false);
    clock.pass(1);
    assert.equal(abortReason(deadline.signal).describe(), "Nothing arrived for 100 ms [DEADLINE_EXCEEDED]");
  });

  it("gives the reason that it was given", () => {
    const reason = new PetageError("UNAVAILABLE", "It is late");
    const { clock, deadline } = start({ reason });
    clock.pass(100);
    assert.equal(deadline.signal.reason, reason);
  });

  it("gives the whole time again when it is refreshed", () => {
    const { clock, deadline } = start();
    clock.pass(60);
    deadline.refresh();
    clock.pass(60);
    assert.equal(deadline.signal.aborted, false);
    clock.pass(40);
    assert.equal(deadline.signal.aborted, true);
  });

  for (const when of ["before", "after"]) {
    it(`follows a signal that aborts ${when} its start, with its reason`, () => {
      const followed = new AbortController();
      const reason = new PetageError("ABORTED", "told to end");
      if (when === "before") followed.abort(reason);
      const { deadline } = start({ signal: followed.signal });
      followed.abort(reason);
      assert.equal(deadline.signal.reason, reason);
    });
  }

  it("leaves nothing behind when it is disposed", () => {
    const followed = new AbortController();
    const { clock, deadline } = start({ signal: followed.signal });
    deadline[Symbol.dispose]();
    assert.equal(clock.waiting, 0);
    followed.abort();
    assert.equal(deadline.signal.aborted, false);
  });
});
