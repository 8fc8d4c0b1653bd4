import assert from "node:assert/strict";
import { createGroup } from "#lib/collective/group.ts";
import { PetageError } from "#lib/base/errors.ts";
import { createSchedule } from "#lib/optim/schedule.ts";
import { schedules } from "#lib/optim/schedules/index.ts";
import type { Schedule } from "#lib/optim/types.ts";
import { systemClock } from "#lib/system/clock.ts";
import type { Checkpoint, Progress, StateDict, TensorData } from "#lib/model/checkpoint.ts";
import { checkpointMeta } from "#lib/train/run.ts";
import { agreeOnResume, startRun } from "#lib/train/start.ts";
import type { StartSources } from "#lib/train/start.ts";
import type { StartWeights } from "#lib/train/ports.ts";
import { EagerRunner } from "#lib/engine/eager-runner.ts";
import { ModelState } from "#lib/model/model-state.ts";
import { initialise } from "#lib/train/step/program.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { tinyClassifier } from "#test/support/tiny-model.ts";
import { buildFrom } from "#test/support/build.ts";
import { fakeRun, recordingLines } from "#test/support/fake-run.ts";
import { memoryRing } from "#test/support/memory-ring.ts";

const tensor: TensorData = { dtype: "F32", shape: [1], values: Float32Array.of(1) };
const state = (...names: string[]): StateDict => new Map(names.map((name) => [name, tensor]));

function schedule(): Schedule {
  const context = { epochLength: 4, maxEpochs: 3 };
  const step = buildFrom(schedules, { type: "StepLR", step_size: 1, gamma: 0.5, by_epoch: false }, context);
  return createSchedule([step], { learningRate: 1, weightDecay: 0 });
}

interface Started {
  readonly taken: StartWeights[];
  readonly restored: StateDict[];
  readonly lines: string[];
}

async function start(
  run: ReturnType<typeof fakeRun>["run"],
  sources: Partial<StartSources>,
  problems: readonly string[] = [],
): Promise<Started> {
  const started: Started = { taken: [], restored: [], lines: [] };
  const target = {
    startFrom: async (weights: StartWeights) => (started.taken.push(weights), problems),
    restoreOptimizer: async (from: StateDict) => void started.restored.push(from),
  };
  await startRun(run, target, {
    pretrained: undefined,
    loadFrom: undefined,
    resumeFrom: undefined,
    readWeights: async () => state("backbone.conv1.weight", "head.fc.bias"),
    readCheckpoint: () => assert.fail("read no checkpoint"),
    log: recordingLines(started.lines),
    ...sources,
  });
  return started;
}

function checkpoint(progress: Partial<Progress>, optimizer: StateDict = state("momentum_buffer/w")): Checkpoint {
  const { run } = fakeRun({ schedule: schedule() });
  for (let at = 0; at < 6; at++) run.schedule.afterIteration();
  const meta = {
    format: 1 as const,
    ...run.description,
    createTime: "2026-11-23T00:00:00.000Z",
    progress: { ...checkpointMeta(run).progress, epoch: 1, iteration: 2, step: 6, ...progress },
    metrics: {},
  };
  return { meta, weights: state("w"), optimizer };
}

describe("startRun", () => {
  it("reads nothing when nothing is named", async () => {
    const { taken, lines } = await start(fakeRun().run, { readWeights: () => assert.fail("read no weights") });
    assert.deepEqual([taken, lines], [[], []]);
  });

  it("takes load_from by its names as far as they fit, and tells the rest", async () => {
    const { taken, lines } = await start(fakeRun().run, { loadFrom: "old" }, ["size mismatch for head.fc.weight"]);
    assert.equal(taken[0]?.strict, false);
    assert.deepEqual([...(taken[0]?.state.keys() ?? [])], ["backbone.conv1.weight", "head.fc.bias"]);
    assert.deepEqual(lines, ["WARN Loaded the weights of old that fit; not these: size mismatch for head.fc.weight"]);
  });

  const prefixes: readonly { prefix: string | undefined; names: readonly string[] }[] = [
    { prefix: "backbone.", names: ["backbone.conv1.weight", "backbone.bn1.bias"] },
    { prefix: "backbone", names: ["backbone.conv1.weight", "backbone.bn1.bias"] },
    {
      prefix: undefined,
      names: ["backbone.backbone.conv1.weight", "backbone.backbone.bn1.bias", "backbone.head.fc.bias"],
    },
  ];
  for (const { prefix, names } of prefixes) {
    it(`takes the backbone's weights of a pretrained model with prefix=${prefix}`, async () => {
      const pretrained = { type: "Pretrained" as const, checkpoint: "in1k", ...(prefix && { prefix }) };
      const readWeights = async () => state("backbone.conv1.weight", "backbone.bn1.bias", "head.fc.bias");
      const { taken } = await start(fakeRun().run, { pretrained, readWeights });
      assert.deepEqual([...(taken[0]?.state.keys() ?? [])], names);
    });
  }

  it("says how the names of a pretrained model begin when none has the prefix", async () => {
    const pretrained = { type: "Pretrained" as const, checkpoint: "in1k", prefix: "module." };
    await assert.rejects(
      start(fakeRun().run, { pretrained }),
      (error) =>
        error instanceof PetageError &&
        error.code === "CHECKPOINT_MISMATCH" &&
        /in1k has no weight below the prefix module\..*`backbone\.`: set prefix='backbone'/.test(error.describe()),
    );
  });

  it("takes a prefix that names what is left out of the names of wrapped models", async () => {
    const pretrained = { type: "Pretrained" as const, checkpoint: "in1k", prefix: "module._orig_mod.backbone" };
    const { taken } = await start(fakeRun().run, { pretrained });
    assert.deepEqual([...(taken[0]?.state.keys() ?? [])], ["backbone.conv1.weight"]);
  });

  it("lets load_from come after the pretrained backbone", async () => {
    const pretrained = { type: "Pretrained" as const, checkpoint: "in1k" };
    const { taken } = await start(fakeRun().run, { pretrained, loadFrom: "old" });
    assert.deepEqual(
      taken.map(({ source }) => source),
      ["in1k", "old"],
    );
  });

  it("resumes everything that decides what comes next, and reads nothing else", async () => {
    const best = { metric: "mae", value: 3, name: "best_mae_epoch_1" };
    const resumed = checkpoint({ best });
    const { run } = fakeRun({ schedule: schedule() });
    const { taken, restored, lines } = await start(run, {
      resumeFrom: "iter_6",
      loadFrom: "old",
      readWeights: () => assert.fail("read no weights"),
      readCheckpoint: async () => resumed,
    });
    assert.deepEqual(taken, [{ state: resumed.weights, source: "iter_6", strict: true }]);
    assert.deepEqual(restored, [resumed.optimizer]);
    const { epoch, iteration, step, startStep, best: known } = run.state;
    assert.deepEqual({ epoch, iteration, step, startStep }, { epoch: 1, iteration: 2, step: 6, startStep: 6 });
    assert.deepEqual(known, best);
    assert.equal(run.schedule.learningRate, 1 / 64);
    assert.deepEqual(lines, ["Resumed from iter_6"]);
  });

  it("begins the epoch again with another number of workers, whose share of it differs", async () => {
    const { run } = fakeRun({ schedule: schedule(), worldSize: 2 });
    const { lines } = await start(run, {
      resumeFrom: "iter_6",
      readCheckpoint: async () => checkpoint({ worldSize: 3 }),
    });
    assert.deepEqual([run.state.epoch, run.state.iteration], [1, 0]);
    assert.equal(lines[0], "WARN Epoch 2 begins again: it was written by 3 workers, now there are 2");
  });

  it("tells once what the config has other than the checkpoint's", async () => {
    for (const rank of [0, 1]) {
      const { run } = fakeRun({ schedule: schedule(), rank, worldSize: 2 });
      const written = checkpoint({ worldSize: 2 });
      const other = { ...written.meta, config: { randomness: { seed: 7 } } };
      const { lines } = await start(run, {
        resumeFrom: "iter_6",
        readCheckpoint: async () => ({ ...written, meta: other }),
      });
      assert.deepEqual(lines, [
        ...(rank === 0 ? ['WARN The config is not the checkpoint\'s: randomness was {"seed":7} and is not set'] : []),
        'WARN Epoch 2 begins again: randomness was {"seed":7} and is not set',
        "Resumed from iter_6",
      ]);
    }
  });

  it("refuses to resume a checkpoint of weights only", async () => {
    await assert.rejects(
      start(fakeRun().run, { resumeFrom: "best_mae", readCheckpoint: async () => checkpoint({}, new Map()) }),
      (error) =>
        error instanceof PetageError &&
        error.code === "CHECKPOINT_MISMATCH" &&
        /weights only and cannot be resumed.*load_from/.test(error.describe()),
    );
  });
});

describe("agreeOnResume", () => {
  const { signal } = new AbortController();

  /** What each of three ranks continues, when each sees another folder. */
  async function agreed(wanted: string | undefined, found: readonly (string | undefined)[]): Promise<unknown[]> {
    const groups = memoryRing(found.length).map((link, rank) =>
      createGroup({ rank, size: found.length, generation: 0, clock: systemClock, link }),
    );
    const answers = await Promise.all(
      groups.map((group, rank) => agreeOnResume(wanted, { group, find: async () => found[rank], signal })),
    );
    await Promise.all(groups.map((group) => group[Symbol.asyncDispose]()));
    return answers;
  }

  it("takes what rank 0 finds, on all ranks", async () => {
    assert.deepEqual(await agreed("auto", ["/run/epoch_2", "/run/epoch_1", undefined]), Array(3).fill("/run/epoch_2"));
    assert.deepEqual(await agreed("auto", [undefined, "/run/epoch_1", "/run/epoch_1"]), Array(3).fill(undefined));
  });

  it("takes a path as it is and asks nobody", async () => {
    assert.deepEqual(await agreed("/x/epoch_9", ["/a", "/b", "/c"]), Array(3).fill("/x/epoch_9"));
    assert.deepEqual(await agreed(undefined, ["/a", "/b", "/c"]), Array(3).fill(undefined));
  });
});

describe("startRun with a model", () => {
  before(useTensorFlow);
  const parameters = tinyClassifier().parameters;
  function open(seed: number): ModelState {
    const model = new ModelState(parameters, { slotNames: [] }, new EagerRunner().variables);
    initialise(model.store, parameters, { seed, slotNames: [] });
    return model;
  }

  async function begin(sources: Partial<StartSources>, rename: (name: string) => string): Promise<string[]> {
    const [model, other] = [open(1), open(2)];
    const lines: string[] = [];
    const target = {
      startFrom: async ({ state: weights, ...options }: StartWeights) => model.importWeights(weights, options),
      restoreOptimizer: () => assert.fail("restored an optimizer"),
    };
    const weights = new Map([...other.exportWeights()].map(([name, value]) => [rename(name), value]));
    await startRun(fakeRun().run, target, {
      pretrained: undefined,
      loadFrom: undefined,
      resumeFrom: undefined,
      readWeights: async () => weights,
      readCheckpoint: () => assert.fail("read no checkpoint"),
      log: recordingLines(lines),
      ...sources,
    });
    return lines;
  }

  const pretrained = (prefix?: string) => ({
    pretrained: { type: "Pretrained" as const, checkpoint: "in1k.pth", ...(prefix && { prefix }) },
  });
  const below = (prefix: string) => (name: string) => `${prefix}${name}`;
  const torchvision = (name: string): string => name.replace(/^(backbone|head)\./, "");

  const misfits: readonly [string, Partial<StartSources>, (name: string) => string, RegExp][] = [
    ["init_cfg without prefix", pretrained(), below(""), /begin with `backbone\.`: set prefix='backbone'$/],
    ["init_cfg of DDP", pretrained(), below("module."), /: set prefix='module\.backbone'$/],
    ["init_cfg of DDP, half a prefix", pretrained("module"), below("module."), /: set prefix='module\.backbone'$/],
    ["init_cfg of torch.compile", pretrained(), below("_orig_mod."), /: set prefix='_orig_mod\.backbone'$/],
    [
      "init_cfg of a bare network in a wrapper",
      pretrained(),
      (name) => `net.${torchvision(name)}`,
      /set prefix='net'$/,
    ],
    [
      "load_from of torch.compile",
      { loadFrom: "a.pth" },
      below("_orig_mod."),
      /`_orig_mod\.backbone\.`.*init_cfg=.*prefix='_orig/,
    ],
    [
      "load_from of DDP",
      { loadFrom: "a.pth" },
      below("module."),
      /init_cfg=dict\(type='Pretrained'.*'module\.backbone'\)$/,
    ],
    [
      "load_from of torchvision",
      { loadFrom: "a.pth" },
      torchvision,
      /begin like conv1\.weight.*init_cfg=.*checkpoint=\.\.\.\)$/,
    ],
  ];
  for (const [what, sources, rename, hint] of misfits) {
    it(`refuses weights of which none fits, and says how their names begin: ${what}`, async () => {
      await assert.rejects(begin(sources, rename), {
        code: "CHECKPOINT_MISMATCH",
        message: /^None of the \d+ tensors of .*\.pth fits the model$/,
        hint,
      });
    });
  }

  it("follows its own advice", async () => {
    assert.doesNotMatch((await begin(pretrained("backbone"), below(""))).join(), /WARN/);
    assert.doesNotMatch((await begin(pretrained("module.backbone"), below("module."))).join(), /WARN/);
    assert.doesNotMatch((await begin(pretrained(), torchvision)).join(), /conv1/);
  });

  it("goes on with a warning where some fit: another head", async () => {
    const lines = await begin({ loadFrom: "a.pth" }, (name) => name.replace("head.fc", "head.other"));
    assert.match(lines.join(), /^WARN Loaded the weights of a\.pth that fit; not these: .*head\.fc\.weight/);
  });

  it("names the sizes where the names are the model's", async () => {
    const one: TensorData = { dtype: "F32", shape: [1], values: Float32Array.of(1) };
    const readWeights = async (): Promise<StateDict> => new Map([["head.fc.weight", one]]);
    await assert.rejects(begin({ loadFrom: "a.pth", readWeights }, below("")), {
      code: "CHECKPOINT_MISMATCH",
      message: /size mismatch for head\.fc\.weight: \[1\] there/,
      hint: /config/,
    });
  });
});
