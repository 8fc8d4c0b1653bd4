import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { median } from "./benchmark.ts";
import { startOurs, startPeer } from "./contestant.ts";
import type { Contestant } from "./contestant.ts";

/** What the programs of both sides are given. */
export interface TrainSetup {
  /** A config that comes with petage, and overrides of it. */
  readonly config: string;
  readonly options: readonly string[];
  /** The same for the peer, which reads no configs. */
  readonly depth: 18 | 101;
  readonly frozenStages: number;
  readonly batchSize: number;
  readonly sizePx: number;
}

export interface StepCount {
  readonly steps: number;
}

export interface StepTimes {
  readonly ms: readonly number[];
  readonly peakRssBytes: number;
}

const OURS = new URL("train-program.ts", import.meta.url);
const THEIRS = new URL("peer_train.py", import.meta.url);
const CONFIG = "resnet101_8xb32_petage";

const MODELS = {
  "ResNet-18": {
    depth: 18,
    frozenStages: -1,
    options: ["model.backbone.depth=18", "model.backbone.frozen_stages=-1", "model.head.in_channels=512"],
  },
  "ResNet-101 frozen_stages=3": { depth: 101, frozenStages: 3, options: [] },
} as const;

const SIZES = {
  full: {
    models: ["ResNet-18", "ResNet-101 frozen_stages=3"],
    batchSize: 16,
    sizePx: 224,
    warmUp: 3,
    turns: 6,
    steps: 4,
  },
  tiny: { models: ["ResNet-18"], batchSize: 2, sizePx: 32, warmUp: 1, turns: 2, steps: 1 },
} as const;

/** The training step of one process on random photos: the code of a trainer, without its ring. */
export const train: Benchmark = {
  about: "training step: img/s and peak memory of ResNet-18 and of ResNet-101 frozen_stages=3 (peer: PyTorch)",
  async *run(context) {
    for (const model of SIZES[context.size].models) yield* benchModel(model, context);
  },
};

async function* benchModel(model: keyof typeof MODELS, context: BenchContext): AsyncGenerator<Measurement> {
  const { batchSize, sizePx, warmUp, turns, steps } = SIZES[context.size];
  const setup: TrainSetup = { config: CONFIG, ...MODELS[model], batchSize, sizePx };
  await using ours = startOurs<StepCount, StepTimes>(OURS, setup);
  await using peer = await startPeer<StepCount, StepTimes>(context, {
    name: "PyTorch",
    program: THEIRS,
    setup,
  });
  const sides = [ours, peer].filter((side) => side !== undefined);
  const times = new Map<Contestant<StepCount, StepTimes>, { readonly ms: number[]; peakRssBytes: number }>();
  for (let turn = 0; turn <= turns; turn++) {
    context.say(turn === 0 ? `${model}: warming up` : `${model}: turn ${turn} of ${turns}`);
    for (const side of sides) {
      const { ms, peakRssBytes } = await side.ask({ steps: turn === 0 ? warmUp : steps });
      times.set(side, { ms: turn === 0 ? [] : [...(times.get(side)?.ms ?? []), ...ms], peakRssBytes });
    }
  }
  const speedOf = (side: Contestant<StepCount, StepTimes>): number =>
    (batchSize * 1000) / median(times.get(side)?.ms ?? []);
  const megabytesOf = (side: Contestant<StepCount, StepTimes>): number => (times.get(side)?.peakRssBytes ?? NaN) / 1e6;
  const what = `${model}, batch ${batchSize}, ${sizePx} px, float32`;
  for (const [quantity, unit, valueOf] of [
    ["train step", "img/s", speedOf],
    ["train peak RSS", "MB", megabytesOf],
  ] as const) {
    yield {
      case: `${quantity}, ${what}`,
      value: valueOf(ours),
      unit,
      peer: peer && { name: peer.name, value: valueOf(peer) },
    };
  }
}
