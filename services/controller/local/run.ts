import { aborted } from "#lib/base/signals.ts";
import type { Host } from "#lib/host/run.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { LocalEnvironment } from "../config.ts";
import { createControllerService } from "../service.ts";
import { MachineJobs } from "./jobs.ts";
import { reachOf } from "./reach.ts";
import { Resolvers } from "./resolver.ts";

/** Runs jobs as processes of this machine. */
export async function runOnMachine(
  env: LocalEnvironment,
  { log, metrics, signal, quotesFiles, ready }: Host,
): Promise<void> {
  const { NATS_URL: natsUrl, PETAGE_ROOT: root } = env;
  const reach = reachOf(env, { quotesFiles });
  await using resolvers = new Resolvers(env);
  const { resolve } = resolvers;
  // Who has started this controller for himself waits for his own disks alone.
  await using jobs = new MachineJobs({ natsUrl, root, reach, log, ...(!quotesFiles && { resolve }) });
  const service = implement("ControllerService", createControllerService(jobs));
  await using server = await serve({ host: env.PETAGE_HOST, port: env.PETAGE_PORT, services: [service], log, metrics });
  log.info("Serving", { address: server.address });
  ready({ address: server.address });
  await aborted(signal);
}
