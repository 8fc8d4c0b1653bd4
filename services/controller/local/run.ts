import { aborted } from "#lib/base/signals.ts";
import type { Host } from "#lib/host/run.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { quotaOf } from "../config.ts";
import type { LocalEnvironment } from "../config.ts";
import { createControllerService } from "../service.ts";
import { MachineJobs } from "./jobs.ts";
import { reachOf } from "./reach.ts";

/** Runs jobs as processes of this machine. */
export async function runOnMachine(
  env: LocalEnvironment,
  { log, metrics, signal, quotesFiles, access: settings, ready }: Host,
): Promise<void> {
  const reach = reachOf(env, { quotesFiles });
  using access = await openAccess(settings, { log });
  await using jobs = new MachineJobs({
    natsUrl: env.NATS_URL,
    root: env.PETAGE_ROOT,
    reach,
    log,
    quota: quotaOf(env),
  });
  const service = implement("ControllerService", createControllerService(jobs));
  await using server = await serve({
    host: env.PETAGE_HOST,
    port: env.PETAGE_PORT,
    services: [service],
    access,
    log,
    metrics,
  });
  log.info("Serving", { address: server.address });
  ready({ address: server.address });
  await aborted(signal);
}
