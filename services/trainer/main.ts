import { readFile } from "node:fs/promises";
import { oneGroup } from "#lib/collective/membership.ts";
import type { Outage } from "#lib/collective/watch.ts";
import { deserializeConfig } from "#lib/config/print/serialize.ts";
import { run } from "#lib/host/run.ts";
import { openTrainingThread } from "#lib/host/thread/training.ts";
import { Attempt } from "#lib/messaging/attempt.ts";
import { joinRing } from "#lib/messaging/join-ring.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dialDataLoaders } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { requireLastStep } from "#lib/train/run.ts";
import { runSettings } from "#lib/train/settings.ts";
import { Environment } from "./config.ts";
import { trainRank } from "./rank.ts";
import { Reporter } from "./reporter.ts";
import { Requests } from "./requests.ts";
import { createTrainerService } from "./service.ts";
import { remoteValidator } from "./training.ts";

await run("trainer", Environment, async (env, { log, metrics, signal, access: accessSettings, ready, lastWords }) => {
  using access = await openAccess(accessSettings, { log });
  const named = deserializeConfig(await readFile(env.PETAGE_CONFIG, "utf8"), env.PETAGE_CONFIG);
  const settings = runSettings(named.config);
  const { RANK: rank, WORLD_SIZE: size, ATTEMPT: attempt, JOB_UID: job } = env;
  const generation = attempt; // one group an attempt, so that they count alike
  const identity = { jobUid: job, attempt, rank, worldSize: size, generation };
  const reporter = new Reporter({ ...identity, maxEpochs: settings.maxEpochs });
  lastWords(() => reporter.workDone);
  const requests = new Requests(reporter);
  const service = implement("TrainerService", createTrainerService({ reporter, requests }));

  await using server = await serve({
    host: env.PETAGE_HOST,
    port: env.PETAGE_PORT,
    services: [service],
    access,
    job,
    log,
    metrics,
  });
  await using services = new Attempt(env, { name: `trainer-${rank}`, signal, log });
  const nats = size > 1 ? await services.nats(`${size} workers exchange gradients over NATS`) : undefined;
  await using thread = await openTrainingThread({ config: named.config, seed: settings.seed, worldSize: size });
  await using loaders = await dialDataLoaders(
    {
      count: env.PETAGE_DATA_LOADERS,
      given: env.PETAGE_DATA_LOADER,
      find: (label, given) => services.find(label, given),
    },
    { access, job, signal, log },
  );
  const evaluatorAddress = settings.validation && (await services.find("evaluator", env.PETAGE_EVALUATOR));
  await using evaluator = evaluatorAddress
    ? dial(evaluatorAddress, "EvaluatorService", { access, job, signal })
    : undefined;
  const source = loaders.source("SPLIT_TRAIN");
  const data = await source.describe(size, signal);
  const validation =
    settings.validation && evaluator ? { ...settings.validation, validate: remoteValidator(evaluator) } : undefined;

  const joinTimeoutMs = env.PETAGE_PEER_TIMEOUT_MS;
  const outages = { outageMs: env.PETAGE_NATS_OUTAGE_MS, onOutage: (outage?: Outage) => reporter.outage(outage) };
  const ring = { ...(nats && { nats }), job, rank, size, generation, joinTimeoutMs, ...outages, log };
  const membership = oneGroup(() => joinRing(ring));
  const engine = await thread.engine();
  const onReady = (): void => {
    log.info("Ready", { address: server.address, rank, worldSize: size, engine: engine.version });
    ready({ address: server.address });
  };
  const inputs = { env, named, settings, thread, data, source, validation };
  requireLastStep(await trainRank({ ...inputs, membership, reporter, requests, metrics, log, signal, onReady }));
});
