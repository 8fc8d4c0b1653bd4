import { readFile } from "node:fs/promises";
import { aborted } from "#lib/base/signals.ts";
import { deserializeConfig } from "#lib/config/print/serialize.ts";
import { AllowedFolders, foldersOf } from "#lib/host/files/allowed-folders.ts";
import { openPredictorThread } from "#lib/host/thread/predictor.ts";
import { run } from "#lib/host/run.ts";
import { Attempt } from "#lib/messaging/attempt.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dialDataLoaders } from "#lib/rpc/batch-source.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { Environment } from "./config.ts";
import { evaluationMetrics } from "./metrics.ts";
import { createEvaluatorService } from "./service.ts";

await run("evaluator", Environment, async (env, { log, metrics, signal, access: settings, ready }) => {
  using access = await openAccess(settings, { log });
  const { config } = deserializeConfig(await readFile(env.PETAGE_CONFIG, "utf8"), env.PETAGE_CONFIG);
  await using attempt = new Attempt(env, { name: "evaluator", signal, log });
  const loaders = dialDataLoaders(
    {
      count: env.PETAGE_DATA_LOADERS,
      given: env.PETAGE_DATA_LOADER,
      find: (label, given) => attempt.find(label, given),
    },
    { access, job: env.JOB_UID, signal, log },
  );
  await using predictor = openPredictorThread();
  const allowed = new AllowedFolders(foldersOf(env.PETAGE_READ_ROOTS), "PETAGE_READ_ROOTS");
  const parts = { config, loaders, predictor, allowed, onEvaluated: evaluationMetrics(metrics) };
  const service = implement("EvaluatorService", createEvaluatorService(parts), { serving: false });
  await using server = await serve({
    host: env.PETAGE_HOST,
    port: env.PETAGE_PORT,
    services: [service],
    access,
    job: env.JOB_UID,
    log,
    metrics,
  });
  await using _loaders = await loaders;
  server.setServing("EvaluatorService", true);
  await attempt.announce("evaluator");
  log.info("Serving", { address: server.address });
  ready({ address: server.address });
  await aborted(signal);
});
