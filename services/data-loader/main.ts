import { readFile } from "node:fs/promises";
import { deserializeConfig } from "#lib/config/print/serialize.ts";
import { aborted } from "#lib/base/signals.ts";
import { AllowedFolders, foldersOf } from "#lib/host/files/allowed-folders.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { imageLimits } from "#lib/jobs/image-limits.ts";
import { workerLabel } from "#lib/jobs/job-state.ts";
import { run } from "#lib/host/run.ts";
import { Attempt } from "#lib/messaging/attempt.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { Environment } from "./config.ts";
import { batchMetrics } from "./metrics.ts";
import { createDataLoaderService } from "./service.ts";
import { openSplits } from "./splits.ts";

await run("data-loader", Environment, async (env, { log, metrics, signal, access: settings, ready }) => {
  using access = await openAccess(settings, { log });
  const { config } = deserializeConfig(await readFile(env.PETAGE_CONFIG, "utf8"), env.PETAGE_CONFIG);
  await using splits = openSplits(config, (node, purpose, seed) =>
    openLoader(node, {
      purpose,
      seed,
      log,
      root: env.PETAGE_DATA_ROOT,
      decode: imageLimits(env),
      allowed: new AllowedFolders(foldersOf(env.PETAGE_READ_ROOTS), "PETAGE_READ_ROOTS"),
      ...(env.PETAGE_WORKERS === undefined ? {} : { workers: env.PETAGE_WORKERS }),
    }),
  );
  const implementation = createDataLoaderService(splits, batchMetrics(metrics));
  const service = implement("DataLoaderService", implementation, { serving: false });
  await using server = await serve({
    host: env.PETAGE_HOST,
    port: env.PETAGE_PORT,
    services: [service],
    access,
    job: env.JOB_UID,
    log,
    metrics,
  });
  await splits.open("train"); // a bad dataset is found now, not when the first trainer asks
  server.setServing("DataLoaderService", true);
  const name = workerLabel({ role: "data-loader", rank: env.PETAGE_DATA_LOADER_INDEX });
  await using attempt = new Attempt(env, { name, signal, log });
  await attempt.announce(name);
  log.info("Serving", { address: server.address });
  ready({ address: server.address });
  await aborted(signal);
});
