import assert from "node:assert/strict";
import { requireLastStep } from "#lib/train/run.ts";
import { Reporter } from "#services/trainer/reporter.ts";
import { Requests } from "#services/trainer/requests.ts";
import { fakeRanks, fakeStep, leave, loopParts, trainLoop } from "#test/support/fake-training.ts";

/** Trains 12 steps on ranks of which the last one is asked for something while it computes step `during`. */
async function train(size: number, during: number, ask: (requests: Requests) => void) {
  const all = fakeRanks(size);
  const reporters = all.map(({ run }) => {
    const { rank, worldSize, maxEpochs } = run.state;
    return new Reporter({ jobUid: "u", attempt: 0, rank, worldSize, generation: 0, maxEpochs });
  });
  const events = reporters.map((reporter) => reporter.events());
  await Promise.all(
    all.map(async ({ run, group }, rank) => {
      const reporter = reporters[rank] as Reporter;
      const requests = new Requests(reporter);
      const onGradients = (): void => {
        if (rank === size - 1 && run.state.step === during - 1) ask(requests);
      };
      const onSaved: (typeof run.ports)["onCheckpoint"] = (saved, progress) => reporter.checkpoint(saved, progress);
      Object.assign(run.ports, { onCheckpoint: onSaved });
      const hooks = [requests.hook(), reporter.hook()];
      await trainLoop(run, loopParts({ step: fakeStep({ onGradients }), group, hooks }));
      requests.end();
    }),
  );
  await leave(all);
  for (const reporter of reporters) reporter.end();
  return { all, events };
}

describe("Requests", () => {
  for (const size of [1, 3]) {
    for (const during of [1, 3, 4, 12]) {
      it(`ends ${size} ranks after step ${during}, in which one is told to stop, with a checkpoint of it`, async () => {
        let answer: unknown;
        const { all } = await train(size, during, (requests) => {
          void requests.stop({ save: true }).then((checkpoint) => (answer = checkpoint?.step));
        });
        assert.deepEqual([...new Set(all.map(({ run }) => run.state.step))], [during]);
        assert.equal(answer, during);
        for (const { run } of all) {
          if (during === 12) requireLastStep(run.state);
          else {
            const said = new RegExp(`^TrainerService.Stop ended training after step ${during} of 12$`);
            assert.throws(() => requireLastStep(run.state), { message: said });
          }
        }
      });
    }
  }

  it("stops without a checkpoint where none is asked for", async () => {
    const { all } = await train(1, 3, (requests) => void requests.stop({ save: false }));
    assert.deepEqual(
      all.map(({ record }) => record.checkpoints.size),
      [0],
    );
  });

  it("shows that it is stopping from then on", async () => {
    const { events } = await train(1, 4, (requests) => void requests.stop({ save: false }));
    const seen: unknown[] = [];
    for await (const { phase } of events[0] ?? []) if (phase) seen.push(phase);
    assert.deepEqual(seen, ["TRAINER_PHASE_TRAINING", "TRAINER_PHASE_STOPPING"]);
  });

  it("saves after the step in progress, and trains on", async () => {
    let answer: unknown;
    const { all } = await train(1, 3, (requests) => void requests.save().then(({ step }) => (answer = step)));
    assert.deepEqual([answer, all[0]?.run.state.step], [3, 12]);
    assert.deepEqual([...(all[0]?.record.checkpoints.keys() ?? [])], ["iter_3"]);
  });
});
