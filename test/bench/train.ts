import type { Precision } from "#lib/engine/op.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { median } from "./benchmark.ts";
import { startOurs, startPeer } from "./contestant.ts";
import type { Contestant } from "./contestant.ts";
import { RESNET_18 } from "./untrained.ts";

/** What the programs of both sides are given. */
export interface StepSetup {
  /** Overrides of the tutorial's config. */
  readonly options: readonly string[];
  /** The same for the peer, which reads no configs. */
  readonly depth: 18 | 50 | 101;
  readonly frozenStages: number;
  readonly batchSize: number;
  readonly sizePx: number;
  readonly precision: Precision;
}

/** What the peer is given besides. */
interface PeerSetup extends StepSetup {
  readonly layout: (typeof LAYOUTS)[number];
  readonly compile: boolean;
}

export interface StepCount {
  readonly steps: number;
}

export interface StepTimes {
  readonly ms: readonly number[];
  readonly peakRssBytes: number;
}

type Side = Contestant<StepCount, StepTimes>;

const TRAIN = { ours: new URL("train-program.ts", import.meta.url), theirs: new URL("peer_train.py", import.meta.url) };
const INFER = { ours: new URL("infer-program.ts", import.meta.url), theirs: new URL("peer_infer.py", import.meta.url) };
const LAYOUTS = ["channels_last", "contiguous"] as const;
const LAYOUT_STEPS = 2;
const RESNET_50 = "model.backbone.depth=50";
const ALL_TRAINED = "model.backbone.frozen_stages=-1";

/** What is computed, and by which programs. */
const MODELS = {
  "resnet18 train": { ...TRAIN, depth: 18, frozenStages: -1, batchSize: 16, options: [...RESNET_18, ALL_TRAINED] },
  "resnet50 train": { ...TRAIN, depth: 50, frozenStages: -1, batchSize: 16, options: [RESNET_50, ALL_TRAINED] },
  "resnet101 frozen_stages=3": { ...TRAIN, depth: 101, frozenStages: 3, batchSize: 16, options: [] },
  "resnet101 infer": { ...INFER, depth: 101, frozenStages: -1, batchSize: 16, options: [] },
  "resnet101 infer batch 1": { ...INFER, depth: 101, frozenStages: -1, batchSize: 1, options: [] },
} as const;

/** The rows, a model with its precision or (in float32) its memory, and the ratio to the peer that is good enough. */
const TARGETS: Readonly<Record<string, number>> = {
  "resnet18 train float32": 1.2,
  "resnet50 train float32": 1.2,
  "resnet50 train bfloat16": 1.0,
  "resnet50 train rss": 0.8,
  "resnet101 frozen_stages=3 float32": 1.3,
  "resnet101 frozen_stages=3 float32, torch.compile": 1.0,
  "resnet101 frozen_stages=3 bfloat16": 1.25,
  "resnet101 frozen_stages=3 bfloat16, torch.compile": 1.0,
  "resnet101 frozen_stages=3 rss": 0.75,
  "resnet101 infer float32": 1.3,
  "resnet101 infer bfloat16": 1.3,
  "resnet101 infer batch 1 float32": 0.65,
  "resnet101 infer batch 1 float32, torch.compile": 0.8,
};

type Model = keyof typeof MODELS;

const SIZES = {
  full: {
    models: Object.keys(MODELS) as Model[],
    maxBatch: 16,
    sizePx: 224,
    warmUp: 2,
    turns: 5,
    imagesPerTurn: 32,
    compiles: true,
  },
  tiny: {
    models: ["resnet18 train", "resnet101 infer batch 1"],
    maxBatch: 2,
    sizePx: 32,
    warmUp: 1,
    turns: 1,
    imagesPerTurn: 2,
    compiles: false, // it takes a minute
  },
} as const;

/** The step of a lone trainer, and a batch of a predictor, on noise: the code of the services, in its thread. */
export const train: Benchmark = {
  about: "training step and inference: speed and peak memory of ResNets, float32 and bfloat16 (peer: PyTorch)",
  async *run(context) {
    for (const model of SIZES[context.size].models) {
      for (const precision of ["float32", "bfloat16"] as const) {
        if (`${model} ${precision}` in TARGETS) yield* benchModel(model, precision, context);
      }
    }
  },
};

async function* benchModel(model: Model, precision: Precision, context: BenchContext): AsyncGenerator<Measurement> {
  const { maxBatch, sizePx, compiles } = SIZES[context.size];
  const { ours: program, theirs, ...layers } = MODELS[model];
  const setup = { ...layers, batchSize: Math.min(layers.batchSize, maxBatch), sizePx, precision };
  const name = `${model} ${precision}`;
  context.say(`${name}: starting`);
  const layout = await fasterLayout(context, theirs, setup);
  await using ours = startOurs<StepCount, StepTimes>(context, { program, setup });
  const start = (compile: boolean): Promise<Side | undefined> | undefined =>
    layout && startPyTorch(context, theirs, { ...setup, layout, compile });
  await using eager = await start(false);
  await using compiled = await (compiles && `${name}, torch.compile` in TARGETS ? start(true) : undefined);
  const times = await takeTurns(context, name, { batchSize: setup.batchSize, sides: [ours, eager, compiled] });
  const rows = [
    { case: name, peer: eager, ...speed(setup) },
    { case: `${name}, torch.compile`, peer: compiled, ...speed(setup) },
    ...(precision === "float32" ? [{ case: `${model} rss`, peer: eager, ...PEAK_MEMORY }] : []),
  ];
  for (const { case: row, peer, unit, valueOf } of rows) {
    const targetRatio = TARGETS[row];
    const value = (side: Side): number => valueOf(times.get(side) ?? { ms: [], peakRssBytes: NaN });
    if (targetRatio === undefined) continue;
    yield { case: row, value: value(ours), unit, peer: peer && { name: peer.name, value: value(peer) }, targetRatio };
  }
}

interface Quantity {
  readonly unit: Measurement["unit"];
  readonly valueOf: (times: StepTimes) => number;
}

const PEAK_MEMORY: Quantity = { unit: "MB", valueOf: ({ peakRssBytes }) => peakRssBytes / 1e6 };

/** Of one photo how long it takes. */
function speed({ batchSize }: StepSetup): Quantity {
  return batchSize === 1
    ? { unit: "ms", valueOf: ({ ms }) => median(ms) }
    : { unit: "img/s", valueOf: ({ ms }) => (batchSize * 1000) / median(ms) };
}

function startPyTorch(context: BenchContext, program: URL, setup: PeerSetup): Promise<Side | undefined> {
  const name = `${setup.compile ? "torch.compile" : "PyTorch"}, ${setup.layout}`;
  return startPeer<StepCount, StepTimes>(context, { name, program, setup });
}

/** In processes of their own, so that the slower one does not count as memory of the other. */
async function fasterLayout(
  context: BenchContext,
  program: URL,
  setup: StepSetup,
): Promise<PeerSetup["layout"] | undefined> {
  const trials: { readonly layout: PeerSetup["layout"]; readonly ms: number }[] = [];
  for (const layout of LAYOUTS) {
    await using peer = await startPyTorch(context, program, { ...setup, layout, compile: false });
    if (!peer) return undefined;
    const { ms } = await peer.ask({ steps: LAYOUT_STEPS });
    trials.push({ layout, ms: Math.min(...ms) });
  }
  return trials.toSorted((one, other) => one.ms - other.ms)[0]?.layout;
}

interface Sides {
  readonly batchSize: number;
  readonly sides: readonly (Side | undefined)[];
}

/** A B C A B C, so that all meet the same machine. */
async function takeTurns(
  { size, say }: BenchContext,
  name: string,
  { batchSize, sides }: Sides,
): Promise<ReadonlyMap<Side, StepTimes>> {
  const { warmUp, turns, imagesPerTurn } = SIZES[size];
  const present = sides.filter((side) => side !== undefined);
  for (const side of present) await side.ask({ steps: warmUp });
  const times = new Map<Side, StepTimes>();
  for (let turn = 1; turn <= turns; turn++) {
    say(`${name}: turn ${turn} of ${turns}`);
    for (const side of present) {
      const { ms, peakRssBytes } = await side.ask({ steps: Math.ceil(imagesPerTurn / batchSize) });
      times.set(side, { ms: [...(times.get(side)?.ms ?? []), ...ms], peakRssBytes });
    }
  }
  return times;
}
