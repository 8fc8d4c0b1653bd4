import { startNatsServer } from "#lib/host/nats-server.ts";
import { forkRank } from "#test/support/fork-rank.ts";
import type { RankReport } from "#test/support/ring-rank.ts";

/** One line of a benchmark's result. `peer` is what it is measured against in the same run. */
export interface BenchRow {
  readonly bench: string;
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  readonly peerValue: number;
  /** `value` over `peerValue`; below 1 is better than the peer where less is better. */
  readonly ratio: number;
  /** The ratio aimed at. */
  readonly target: number;
  readonly met: boolean;
}

const BUCKET_BYTES = 25_000_000;
const WARM_UP_ROUNDS = 3;
const TARGET_RATIO = 2;

/**
 * The ring all-reduce of 25 MB between two processes over one nats-server: median wall time of a round. Its peer is
 * the NATS client alone, moving as many bytes between the same processes in the same rounds, which is the least that
 * a ring on this client can cost on this machine at this time.
 */
export async function benchRing({ rounds = 30 }: { readonly rounds?: number } = {}): Promise<BenchRow[]> {
  const elementCount = BUCKET_BYTES / Float32Array.BYTES_PER_ELEMENT;
  await using server = await startNatsServer();
  const common = {
    url: server.url,
    job: "bench",
    size: 2,
    elementCount,
    rounds: WARM_UP_ROUNDS + rounds,
    compare: true,
  };
  await using first = forkRank({ ...common, rank: 0 });
  await using second = forkRank({ ...common, rank: 1 });
  await Promise.all([first.first("done"), second.first("done")]);
  const isRound = (report: RankReport): report is Extract<RankReport, { type: "round" }> => report.type === "round";
  const measured = first.reports.filter(isRound).slice(WARM_UP_ROUNDS);
  const value = median(measured.map(({ ms }) => ms));
  const peerValue = median(measured.map(({ aloneMs }) => aloneMs));
  const ratio = value / peerValue;
  return [
    {
      bench: "ring",
      case: "all-reduce of 25 MB between 2 processes over NATS",
      value,
      unit: "ms",
      peer: "the NATS client alone moving the same bytes",
      peerValue,
      ratio,
      target: TARGET_RATIO,
      met: ratio <= TARGET_RATIO,
    },
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
