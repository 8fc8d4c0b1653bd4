import { aborted, abortReason } from "#lib/base/signals.ts";
import { run } from "#lib/host/run.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { Found } from "#lib/serve/model-follower.ts";
import { ServingMetrics } from "#lib/serve/serving-metrics.ts";
import { systemClock } from "#lib/system/clock.ts";
import { Environment } from "./config.ts";
import { Models } from "./models.ts";
import { inferenceService } from "./service.ts";

await run("inference", Environment, async (environment, { log, metrics, signal, access: settings, ready }) => {
  using access = await openAccess(settings, { log });
  const { host, port, served, limits, drainGraceMs } = environment;
  await using models = new Models({ served, limits, metrics: new ServingMetrics(metrics, systemClock), log });
  // It listens before the model is warm, so that health can say that it is not.
  const admit = (method: string, timeoutMs: number | undefined): void => {
    if (method === "Predict") models.slot.current?.estimator.admit(timeoutMs);
  };
  const services = [implement("InferenceService", inferenceService(models, log), { serving: false, admit })];
  await using server = await serve({ host, port, services, access, log, metrics, limits: { drainGraceMs } });
  let isReady = false;
  const onFound = (found: Found): void => {
    const wasReady = isReady;
    isReady ||= found !== "failed"; // an empty store is a good start: its first model comes while this runs
    server.setServing("InferenceService", found === "serving", { ready: isReady });
    if (wasReady || !isReady) return;
    const { name: model = "none yet", version = "" } = models.current ?? {};
    log.info("Serving", { address: server.address, model, version });
    ready({ address: server.address });
  };
  const loading = models.load(onFound, signal);
  await Promise.race([loading.then(() => aborted(signal)), aborted(signal), aborted(models.lost)]);
  if (models.lost.aborted) throw abortReason(models.lost);
}); // the server ends before the models, which its last calls still need
