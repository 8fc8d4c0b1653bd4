import { startNatsServer } from "#lib/host/process/nats-server.ts";
import { forkRank } from "#test/support/fork-rank.ts";
import type { RankReport } from "#test/support/ring-rank.ts";
import type { BenchContext, Benchmark } from "./benchmark.ts";
import { median } from "./benchmark.ts";
import { startPeer } from "./contestant.ts";

interface RingTimes {
  readonly ms: readonly number[];
  /** How long the NATS client alone took, in the same rounds, to move as many bytes between the same processes. */
  readonly aloneMs: readonly number[];
}

interface RoundCount {
  readonly rounds: number;
}

const GLOO = new URL("peer_ring.py", import.meta.url);
const WARM_UP_ROUNDS = 3;
/** Of the time that the NATS client alone takes: the least that a ring on this client can cost. */
const TARGET_OF_CLIENT = 2;

const SIZES = {
  full: { megabytes: 25, turns: 3, rounds: 10 },
  tiny: { megabytes: 1, turns: 1, rounds: 2 },
} as const;

/** The ring all-reduce between two processes over one nats-server: wall time of a round. */
export const ring: Benchmark = {
  about: "ring all-reduce of 25 MB between 2 processes, ms (peers: the NATS client alone, gloo)",
  async *run(context) {
    const { megabytes } = SIZES[context.size];
    const { ours, alone, gloo } = await takeTurns(context);
    const what = `ring all-reduce ${megabytes} MB, N=2`;
    const client = { name: "the NATS client alone, moving the same bytes", value: median(alone) };
    yield { case: what, value: median(ours), unit: "ms", peer: client, targetRatio: TARGET_OF_CLIENT };
    const peer = gloo.length > 0 ? { name: "PyTorch gloo, CPU, loopback TCP", value: median(gloo) } : undefined;
    yield { case: `${what}, beside gloo`, value: median(ours), unit: "ms", peer };
  },
};

interface Turns {
  readonly ours: number[];
  readonly alone: number[];
  readonly gloo: number[];
}

async function takeTurns(context: BenchContext): Promise<Turns> {
  const { megabytes, turns, rounds } = SIZES[context.size];
  const elementCount = (megabytes * 1e6) / Float32Array.BYTES_PER_ELEMENT;
  const times: Turns = { ours: [], alone: [], gloo: [] };
  await using server = await startNatsServer();
  const peer = await startPeer<RoundCount, readonly number[]>(context, {
    name: "gloo",
    program: GLOO,
    setup: { elementCount },
  });
  await using gloo = peer;
  for (let turn = 1; turn <= turns; turn++) {
    context.say(`ring: turn ${turn} of ${turns}`);
    const { ms, aloneMs } = await timeRing(server.url, { job: `bench-${turn}`, elementCount, rounds });
    times.ours.push(...ms);
    times.alone.push(...aloneMs);
    times.gloo.push(...((await gloo?.ask({ rounds: WARM_UP_ROUNDS + rounds })) ?? []).slice(WARM_UP_ROUNDS));
  }
  return times;
}

async function timeRing(
  url: string,
  { job, elementCount, rounds }: { readonly job: string; readonly elementCount: number; readonly rounds: number },
): Promise<RingTimes> {
  const common = { url, job, size: 2, elementCount, rounds: WARM_UP_ROUNDS + rounds, compare: true };
  await using first = forkRank({ ...common, rank: 0 });
  await using second = forkRank({ ...common, rank: 1 });
  await Promise.all([first.first("done"), second.first("done")]);
  const isRound = (report: RankReport): report is Extract<RankReport, { type: "round" }> => report.type === "round";
  const measured = first.reports.filter(isRound).slice(WARM_UP_ROUNDS);
  return { ms: measured.map(({ ms }) => ms), aloneMs: measured.map(({ aloneMs }) => aloneMs) };
}
