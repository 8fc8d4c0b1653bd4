import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { randomStream } from "#lib/base/random.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { delay } from "#lib/system/clock.ts";
import { startInference } from "../../cli/commands/predict.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { percentile } from "./benchmark.ts";
import { drawPhotos } from "./photos.ts";
import { inScratchFolder } from "./scratch.ts";
import { RESNET_18, saveUntrained } from "./untrained.ts";

const SIZES = {
  full: { photos: 10, warmUp: 64, peakSeconds: 12, loadSeconds: 15, turns: 2 },
  tiny: { photos: 10, warmUp: 1, peakSeconds: 1, loadSeconds: 1, turns: 1 },
} as const;

/**
 * What is served, and how long a caller waits: about four times what a full batch takes on two cores. First the model of
 * the tutorial; with the small one, refusing and the client itself take a good part of the cores.
 */
const MODELS = [
  { name: "ResNet-101", suffix: "", options: [], deadlineMs: 4000 },
  { name: "ResNet-18", suffix: ", ResNet-18", options: RESNET_18, deadlineMs: 1000 },
] as const;

/** Callers that each wait for their answer keep the largest batch full, and the next one. */
const CALLERS_AT_PEAK = 32;
/** Of the time in which the peak is measured: before that it is not looked at. */
const SETTLING_SHARE = 0.25;
const FACTORS = [1, 2, 5] as const;
const TARGET = { goodput: 0.9, refusalMs: 50, recoveryMs: 2000 } as const;

/** Photos are asked for when they would come, whether the answers before have come or not (an open loop). */
export const overload: Benchmark = {
  about: "inference at 1, 2 and 5 times what it can do: goodput, refusals, recovery; the client on the same cores",
  run: (context) =>
    inScratchFolder(async function* (folder): AsyncGenerator<Measurement> {
      const { photos: count } = SIZES[context.size];
      const files = await drawPhotos(join(folder, "pets"), { count, repeats: 1 });
      const photos = await Promise.all(files.map((file) => readFile(file)));
      for (const { name, suffix, options, deadlineMs } of context.size === "tiny" ? MODELS.slice(1) : MODELS) {
        await using inference = await startInference({ checkpoint: await saveUntrained(join(folder, name), options) });
        const load = new Load(inference.client, { photos, deadlineMs });
        yield* measurements(suffix, await measureInTurns(name, load, context));
      }
    }),
};

async function measureInTurns(name: string, load: Load, context: BenchContext): Promise<Turn[]> {
  const { warmUp, turns } = SIZES[context.size];
  context.say(`${name}:`);
  await load.closed(warmUp);
  const all: Turn[] = [];
  for (let turn = 0; turn < turns; turn++) all.push(await measure(load, { ...context, turn }));
  return all;
}

/** What happened to the photos that were sent at one rate. */
interface Outcome {
  /** Answers within the deadline, a second. */
  readonly goodput: number;
  readonly answeredMs: readonly number[];
  readonly refusedMs: readonly number[];
}

interface Turn {
  readonly peak: number;
  readonly at: Readonly<Record<number, Outcome>>;
  /** From the end of the heaviest load to the end of the first answer that takes no longer than usual. */
  readonly recoveryMs: number;
}

async function measure(load: Load, { size, say, turn }: BenchContext & { readonly turn: number }): Promise<Turn> {
  const { peakSeconds, loadSeconds } = SIZES[size];
  const usualMs = await load.usualMs();
  const peak = await load.peak(peakSeconds);
  say(`turn ${turn + 1}: one by one ${usualMs.toFixed(0)} ms, peak ${peak.toFixed(1)} img/s`);
  const at: Record<number, Outcome> = {};
  let recoveryMs = Number.NaN;
  for (const factor of FACTORS) {
    const outcome = (at[factor] = await load.open(peak * factor, loadSeconds));
    const { goodput, answeredMs, refusedMs } = outcome;
    recoveryMs = await load.recovery(usualMs);
    say(
      `${factor}x: ${goodput.toFixed(1)} img/s in time, p50 ${percentile(answeredMs, 0.5).toFixed(0)} ms; ` +
        `${refusedMs.length} refused, p99 ${percentile(refusedMs, 0.99).toFixed(0)} ms; recovered in ${recoveryMs.toFixed(0)} ms`,
    );
  }
  return { peak, at, recoveryMs };
}

function* measurements(suffix: string, turns: readonly Turn[]): Generator<Measurement> {
  const middle = (valueOf: (turn: Turn) => number): number => percentile(turns.map(valueOf), 0.5);
  const outcome = (turn: Turn, factor: number): Outcome => defined(turn.at[factor], `the load of ${factor}x`);
  for (const factor of FACTORS) {
    yield {
      case: `goodput at ${factor}x${suffix}`,
      value: middle((turn) => outcome(turn, factor).goodput),
      unit: "img/s",
      peer: { name: "peak", value: middle(({ peak }) => peak) },
      ...(factor > 1 && { targetRatio: TARGET.goodput }),
    };
    const refusals = turns.flatMap((turn) => outcome(turn, factor).refusedMs);
    if (factor === 1) continue; // about as many come as can be answered: hardly any is refused
    yield {
      case: `refusal p99 at ${factor}x${suffix}`,
      value: percentile(refusals, 0.99),
      unit: "ms",
      targetValue: TARGET.refusalMs,
    };
  }
  yield {
    case: `recovery after ${FACTORS.at(-1)}x${suffix}`,
    value: middle(({ recoveryMs }) => recoveryMs),
    unit: "ms",
    targetValue: TARGET.recoveryMs,
  };
}

/** Callers of one inference service. */
class Load {
  readonly #client: Client<"InferenceService">;
  readonly #photos: readonly Buffer[];
  /** From the moment at which a caller meant to ask. */
  readonly #deadlineMs: number;
  readonly #random = randomStream(0);

  constructor(
    client: Client<"InferenceService">,
    { photos, deadlineMs }: { readonly photos: readonly Buffer[]; readonly deadlineMs: number },
  ) {
    this.#client = client;
    this.#photos = photos;
    this.#deadlineMs = deadlineMs;
  }

  /** So many photos, one after the other for each caller. */
  async closed(count: number): Promise<void> {
    await mapLimited(Array.from({ length: count }), CALLERS_AT_PEAK, (_, index) => this.#predict(index));
  }

  /** Answers a second where enough callers wait for one each, once all of them are under way. */
  async peak(seconds: number): Promise<number> {
    const fromMs = performance.now() + SETTLING_SHARE * seconds * 1000;
    const endMs = fromMs + seconds * 1000;
    let answers = 0;
    const caller = async (index: number): Promise<void> => {
      while (performance.now() < endMs) {
        await this.#predict(index);
        const nowMs = performance.now();
        if (nowMs >= fromMs && nowMs < endMs) answers++;
      }
    };
    await Promise.all(Array.from({ length: CALLERS_AT_PEAK }, (_, index) => caller(index)));
    return answers / seconds;
  }

  /** What one caller alone waits, in the median. */
  async usualMs(): Promise<number> {
    const times: number[] = [];
    for (let index = 0; index < 10; index++) times.push(await this.#timed(index));
    return percentile(times, 0.5);
  }

  /** Photos that come at random at a rate, whatever becomes of those before (a Poisson process). */
  async open(perSecond: number, seconds: number): Promise<Outcome> {
    const [answeredMs, refusedMs]: [number[], number[]] = [[], []];
    const started = performance.now();
    const calls: Promise<void>[] = [];
    for (let atMs = 0; ;) {
      atMs += (-Math.log(1 - this.#random.next()) / perSecond) * 1000;
      if (atMs > seconds * 1000) break;
      const meantMs = started + atMs;
      const early = meantMs - performance.now();
      if (early > 1) await delay(early);
      calls.push(this.#ask(calls.length, { meantMs, answeredMs, refusedMs }));
    }
    await Promise.all(calls);
    return { goodput: answeredMs.length / seconds, answeredMs, refusedMs };
  }

  /** How long until one caller alone waits no longer than twice as long as usual. */
  async recovery(usualMs: number): Promise<number> {
    const started = performance.now();
    for (let index = 0; ; index++) {
      const tookMs = await this.#timed(index).catch(() => Infinity);
      if (tookMs <= 2 * usualMs) return performance.now() - started;
    }
  }

  async #ask(
    index: number,
    { meantMs, answeredMs, refusedMs }: { meantMs: number; answeredMs: number[]; refusedMs: number[] },
  ): Promise<void> {
    const deadlineMs = meantMs + this.#deadlineMs - performance.now();
    try {
      await this.#predict(index, deadlineMs);
      answeredMs.push(performance.now() - meantMs);
    } catch (thrown) {
      const { code } = PetageError.from(thrown);
      if (code !== "DEADLINE_EXCEEDED" && code !== "UNAVAILABLE") throw thrown;
      refusedMs.push(performance.now() - meantMs);
    }
  }

  async #timed(index: number): Promise<number> {
    const started = performance.now();
    await this.#predict(index, this.#deadlineMs);
    return performance.now() - started;
  }

  async #predict(index: number, deadlineMs?: number): Promise<void> {
    const image = defined(this.#photos[index % this.#photos.length], "a photo");
    await this.#client.predict({ image }, deadlineMs === undefined ? {} : { deadlineMs });
  }
}
