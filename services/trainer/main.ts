import { readFile } from "node:fs/promises";
import { PetageError } from "#lib/base/errors.ts";
import { abortReason } from "#lib/base/signals.ts";
import { deserializeConfig } from "#lib/config/serialize.ts";
import { run } from "#lib/host/run.ts";
import { openTrainingThread } from "#lib/host/thread/training.ts";
import { Attempt } from "#lib/messaging/attempt.ts";
import { joinRing } from "#lib/messaging/join-ring.ts";
import { remoteBatchSource } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { trainLoop } from "#lib/train/loop.ts";
import { isComplete, requireLastStep } from "#lib/train/run.ts";
import type { TrainingRun } from "#lib/train/run.ts";
import { runSettings } from "#lib/train/settings.ts";
import { agreeOnResume } from "#lib/train/start.ts";
import type { ResumeScope } from "#lib/train/start.ts";
import { Environment } from "./config.ts";
import { trainingMetrics } from "./metrics.ts";
import { Reporter } from "./reporter.ts";
import { Requests } from "./requests.ts";
import { concludeTraining } from "./result.ts";
import { createTrainerService } from "./service.ts";
import { extraCheckpoints, newestResumable, openRun, remoteValidator, saveAfterLoss } from "./training.ts";

await run("trainer", Environment, async (env, { log, metrics, signal, ready, lastWords }) => {
  const named = deserializeConfig(await readFile(env.PETAGE_CONFIG, "utf8"), env.PETAGE_CONFIG);
  const settings = runSettings(named.config);
  const { RANK: rank, WORLD_SIZE: size, ATTEMPT: generation, JOB_UID: job } = env;
  const identity = { jobUid: job, attempt: generation, rank, worldSize: size, generation };
  const reporter = new Reporter({ ...identity, maxEpochs: settings.maxEpochs });
  lastWords(() => reporter.facts);
  const requests = new Requests(reporter);
  const service = implement("TrainerService", createTrainerService({ reporter, requests }));

  await using server = await serve({ host: env.PETAGE_HOST, port: env.PETAGE_PORT, services: [service], log, metrics });
  await using attempt = new Attempt(env, { name: `trainer-${rank}`, signal, log });
  const nats = size > 1 ? await attempt.nats(`${size} workers exchange gradients over NATS`) : undefined;
  await using thread = await openTrainingThread({ config: named.config, seed: settings.seed });
  const loaderAddress = await attempt.find("data-loader", env.PETAGE_DATA_LOADER);
  await using loader = dial(loaderAddress, "DataLoaderService", { signal });
  const evaluatorAddress = settings.validation && (await attempt.find("evaluator", env.PETAGE_EVALUATOR));
  await using evaluator = evaluatorAddress ? dial(evaluatorAddress, "EvaluatorService", { signal }) : undefined;
  const source = remoteBatchSource(loader, "SPLIT_TRAIN");
  const data = await source.describe(size, signal);

  const joinTimeoutMs = env.PETAGE_PEER_TIMEOUT_MS;
  await using group = await joinRing({ ...(nats && { nats }), job, rank, size, generation, joinTimeoutMs, log });
  reporter.enter("TRAINER_PHASE_WAITING_FOR_PEERS");
  let training: TrainingRun | undefined;
  try {
    const folders = { auto: env.PETAGE_WORK_DIR, run: env.PETAGE_RUN_DIR };
    const find = (scope: ResumeScope): Promise<string | undefined> => newestResumable(folders[scope], log);
    const resumeFrom = await agreeOnResume(env.PETAGE_RESUME_FROM, { group, find, signal });
    training = await openRun({ env, named, settings, thread, data, reporter, resumeFrom, log });
    reporter.update({ maxSteps: training.maxEpochs * training.epochLength });
    log.info("Ready", { address: server.address, rank, worldSize: size, engine: (await thread.engine()).version });
    ready({ address: server.address });
    const extra = [...extraCheckpoints(env), trainingMetrics(metrics, env.JOB_NAME), requests.hook()];
    const hooks = [...settings.hooks, ...extra, reporter.hook()];
    const validation =
      settings.validation && evaluator ? { ...settings.validation, validate: remoteValidator(evaluator) } : undefined;
    await trainLoop(training, { step: thread, group, source, hooks, validation, signal });
    await concludeTraining(training, { env, reporter, signal });
    if (isComplete(training)) reporter.enter("TRAINER_PHASE_FINISHED");
    requests.end();
  } catch (thrown) {
    const error = PetageError.from(thrown);
    reporter.fail(error);
    group.abort(error);
    requests.end(error);
    if (training) await saveAfterLoss(training, error);
    throw signal.aborted ? abortReason(signal) : error;
  } finally {
    reporter.end();
  }
  requireLastStep(training);
});
