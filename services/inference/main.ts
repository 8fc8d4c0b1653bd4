import { aborted, abortReason } from "#lib/base/signals.ts";
import { run } from "#lib/host/run.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { Estimator } from "#lib/serve/estimator.ts";
import { Environment } from "./config.ts";
import { openEngine } from "./engine.ts";
import { inferenceService, type WarmModel } from "./service.ts";

await run("inference", Environment, async ({ host, port, checkpoint }, { log, signal, ready }) => {
  const loaded: { model?: WarmModel } = {};
  // It listens before the model is warm, so that health can say that it is not.
  const service = implement(
    "InferenceService",
    inferenceService(() => loaded.model, log),
    { serving: false },
  );
  await using server = await serve({ host, port, services: [service], log });
  await using engine = await openEngine(checkpoint, log);
  const estimator = await Estimator.warm(engine);
  loaded.model = { estimator, readyTime: new Date() };
  server.setServing("InferenceService", true);
  log.info("Serving", { address: server.address, model: engine.info.name, version: engine.info.version });
  ready({ address: server.address });
  await Promise.race([aborted(signal), aborted(engine.lost)]);
  await server[Symbol.asyncDispose](); // before the engine, which the last calls still need
  if (engine.lost.aborted) throw abortReason(engine.lost);
});
