import { readFile } from "node:fs/promises";
import { PetageError } from "#lib/base/errors.ts";
import { abortReason } from "#lib/base/signals.ts";
import { deserializeConfig } from "#lib/config/serialize.ts";
import { run } from "#lib/host/run.ts";
import { openTrainingThread } from "#lib/host/training-engine.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import { joinRing } from "#lib/messaging/join-ring.ts";
import { remoteBatchSource } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { trainLoop } from "#lib/train/loop.ts";
import { runSettings } from "#lib/train/settings.ts";
import { Environment } from "./config.ts";
import { Reporter } from "./reporter.ts";
import { Requests } from "./requests.ts";
import { createTrainerService } from "./service.ts";
import { openRun, remoteValidator, saveAfterLoss } from "./training.ts";

await run("trainer", Environment, async (env, { log, signal, ready }) => {
  const named = deserializeConfig(await readFile(env.PETAGE_CONFIG, "utf8"), env.PETAGE_CONFIG);
  const settings = runSettings(named.config);
  const { RANK: rank, WORLD_SIZE: size, ATTEMPT: generation } = env;
  const identity = { jobUid: env.JOB_UID, attempt: generation, rank, worldSize: size, generation };
  const reporter = new Reporter({ ...identity, maxEpochs: settings.maxEpochs });
  const requests = new Requests(reporter);
  const service = implement("TrainerService", createTrainerService({ reporter, requests }));

  await using server = await serve({ host: env.PETAGE_HOST, port: env.PETAGE_PORT, services: [service], log });
  await using thread = await openTrainingThread({ config: named.config, seed: settings.seed });
  await using loader = dial(env.PETAGE_DATA_LOADER, "DataLoaderService", { signal });
  await using evaluator = env.PETAGE_EVALUATOR ? dial(env.PETAGE_EVALUATOR, "EvaluatorService", { signal }) : undefined;
  const source = remoteBatchSource(loader, "SPLIT_TRAIN");
  const data = await source.describe(size, signal);
  const training = await openRun({ env, named, settings, thread, data, reporter, log });
  reporter.update({ maxSteps: training.maxEpochs * training.epochLength });
  log.info("Ready", { address: server.address, rank, worldSize: size, engine: thread.engine.version });
  ready({ address: server.address });

  reporter.enter("TRAINER_PHASE_WAITING_FOR_PEERS");
  await using nats =
    size > 1 ? await connectNats({ url: natsUrl(env), name: `trainer-${rank}`, signal, log }) : undefined;
  await using group = await joinRing({ ...(nats && { nats }), job: env.JOB_UID, rank, size, generation, log });
  const hooks = [...settings.hooks, requests.hook(), reporter.hook()];
  const validation =
    settings.validation && evaluator ? { ...settings.validation, validate: remoteValidator(evaluator) } : undefined;
  try {
    await trainLoop(training, { step: thread, group, source, hooks, validation, signal });
    reporter.enter("TRAINER_PHASE_FINISHED");
    requests.end();
  } catch (thrown) {
    reporter.enter("TRAINER_PHASE_FAILED");
    group.abort(thrown);
    requests.end(PetageError.from(thrown));
    await saveAfterLoss(training, thrown);
    throw signal.aborted ? abortReason(signal) : thrown;
  } finally {
    reporter.end();
  }
});

function natsUrl({ NATS_URL: url, WORLD_SIZE: size }: { NATS_URL: string | undefined; WORLD_SIZE: number }): string {
  if (url) return url;
  throw new PetageError("INVALID_ARGUMENT", `NATS_URL is not set, and ${size} workers exchange gradients over NATS`, {
    hint: "Start nats-server and set NATS_URL=nats://127.0.0.1:4222",
  });
}
