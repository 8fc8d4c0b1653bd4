import { aborted } from "#lib/base/signals.ts";
import type { Host } from "#lib/host/run.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { quotaOf } from "../config.ts";
import type { LocalEnvironment } from "../config.ts";
import { createControllerService } from "../service.ts";
import { MachineJobs } from "./jobs.ts";
import { reachOf } from "./reach.ts";
import { Resolvers } from "./resolver.ts";

/** Runs jobs as processes of this machine. */
export async function runOnMachine(
  env: LocalEnvironment,
  { log, metrics, signal, quotesFiles, access: settings, ready }: Host,
): Promise<void> {
  const { NATS_URL: natsUrl, PETAGE_ROOT: root } = env;
  const reach = reachOf(env, { quotesFiles });
  using access = await openAccess(settings, { log });
  await using resolvers = new Resolvers(env);
  const { resolve } = resolvers;
  await using jobs = new MachineJobs({
    natsUrl,
    root,
    reach,
    log,
    metrics,
    quota: quotaOf(env),
    // Who has started this controller for himself waits for his own disks alone.
    ...(!quotesFiles && { resolve }),
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
