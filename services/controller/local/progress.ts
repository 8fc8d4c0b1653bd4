import { withBest, withCheckpoint, withOutage, withStep, withValidation } from "#lib/jobs/facts.ts";
import type { Bounds, Facts } from "#lib/jobs/facts.ts";
import type { Access } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import { checkpointReport, outageReport, stepReport } from "#lib/rpc/trainer-report.ts";
import { readCheckpointMeta } from "#lib/store/checkpoint-folder.ts";
import type { StreamMetricsResponse__Output } from "#proto/petage/v1/StreamMetricsResponse.ts";

export interface TrainerPlace {
  readonly address: string;
  readonly access: Access;
  /** Uid of its job. */
  readonly job: string;
}

/** Hears from the trainer of rank 0 how training goes, until it ends. */
export async function followProgress(
  { address, access, job }: TrainerPlace,
  update: (change: (facts: Facts) => Facts) => void,
): Promise<void> {
  await using client = dial(address, "TrainerService", { access, job });
  const { bestCheckpoint, ...bounds } = await client.getStatus({});
  const best = bestCheckpoint?.uri;
  if (best) {
    const { metrics } = await readCheckpointMeta(best);
    update((facts) => withBest(facts, { uri: best, metrics }));
  }
  const events: AsyncIterable<StreamMetricsResponse__Output> = client.streamMetrics({});
  for await (const event of events) update((facts) => withEvent(facts, event, bounds));
}

function withEvent(
  facts: Facts,
  { step, checkpoint, validation, natsOutage }: StreamMetricsResponse__Output,
  bounds: Bounds,
): Facts {
  if (step) return withStep(facts, stepReport(step), bounds, Date.now());
  if (checkpoint) return withCheckpoint(facts, checkpointReport(checkpoint));
  if (natsOutage) return withOutage(facts, outageReport(natsOutage).outage);
  return validation ? withValidation(facts, validation) : facts;
}
