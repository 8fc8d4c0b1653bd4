import { appendFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { makeFolder } from "#lib/system/folders.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { NamedConfig } from "#lib/config/print/serialize.ts";
import type { TrainingThread } from "#lib/host/thread/training.ts";
import { VERSION } from "#lib/host/version.ts";
import type { Ancestor } from "#lib/model/checkpoint.ts";
import type { SourceDescription } from "#lib/data/types.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { durationMs } from "#lib/rpc/time.ts";
import { checkpointFolder, folderOf, readCheckpoint } from "#lib/store/checkpoint-folder.ts";
import { findResumable, foldersIn } from "#lib/store/find-resumable.ts";
import { continuing, lineageOf } from "#lib/store/lineage.ts";
import { removeLeftBehind, removeUnfinished } from "#lib/store/temporary.ts";
import { readWeights } from "#lib/store/weights.ts";
import { systemClock } from "#lib/system/clock.ts";
import { namingSync } from "#lib/system/naming.ts";
import type { Validator } from "#lib/train/ports.ts";
import type { Hook } from "#lib/train/hook.ts";
import { createRun } from "#lib/train/run.ts";
import type { RunPorts, TrainingRun } from "#lib/train/run.ts";
import { directionsOf, modelSettings, scheduleOf } from "#lib/train/settings.ts";
import type { RunSettings } from "#lib/train/settings.ts";
import { requireWorkLeft, startRun } from "#lib/train/start.ts";
import { stepCheckpoints } from "#lib/train/step-checkpoints.ts";
import type { TrainerEnvironment } from "./config.ts";
import type { Reporter } from "./reporter.ts";
import { recallCheckpoints } from "./result.ts";

export interface TrainingParts {
  readonly env: TrainerEnvironment;
  readonly named: NamedConfig;
  readonly settings: RunSettings;
  readonly thread: TrainingThread;
  readonly data: SourceDescription;
  readonly reporter: Reporter;
  /** The checkpoint to continue, on which all ranks have agreed. */
  readonly resumeFrom: string | undefined;
  readonly log: Log;
}

/** The newest checkpoint of the work dir that can be resumed; tells what it passed over. */
export async function newestResumable(workDir: string, log: Log): Promise<string | undefined> {
  const found = await findResumable(workDir);
  for (const line of found?.skipped ?? []) log.warn(`Passed over a checkpoint: ${line}`);
  if (!found) log.info("There is nothing to resume: training starts anew", { workDir });
  return found && resolve(found.path);
}

/** A run at its start: from a checkpoint, given weights, or the seed. */
export async function openRun(parts: TrainingParts): Promise<TrainingRun> {
  const { env, named, settings, data, thread, resumeFrom, log } = parts;
  const { optimizer, pretrained } = modelSettings(named.config);
  const context = {
    epochLength: data.stepsPerEpoch,
    maxEpochs: settings.maxEpochs,
    worldSize: env.WORLD_SIZE,
    batchSize: data.batchSize,
  };
  const continues = resumeFrom ? await lineageOf(resumeFrom, env.PETAGE_RUN_DIR) : [];
  const run = createRun({
    constants: {
      rank: env.RANK,
      worldSize: env.WORLD_SIZE,
      seed: settings.seed,
      maxEpochs: settings.maxEpochs,
      epochLength: data.stepsPerEpoch,
      directions: directionsOf(settings.validation?.metrics ?? []),
    },
    description: {
      configName: named.name,
      config: named.config.value,
      classes: data.classes,
      petageVersion: VERSION,
      continues,
    },
    schedule: scheduleOf(named.config, optimizer, context),
    ports: await openPorts(parts, continues),
  });
  await startRun(run, thread, {
    pretrained,
    loadFrom: env.PETAGE_LOAD_FROM,
    resumeFrom,
    readWeights,
    readCheckpoint: (uri) => readCheckpoint(uri, { withOptimizer: true }),
    log,
  });
  if (resumeFrom) {
    const isOwn = dirname(folderOf(resumeFrom)) === resolve(env.PETAGE_RUN_DIR);
    if (!isOwn) requireWorkLeft(run.state, settings.maxEpochs, resumeFrom);
    await recallCheckpoints(run, resumeFrom, parts);
  }
  return run;
}

/** The hook of checkpoints between those of the config, if any are wanted. */
export function extraCheckpoints(env: TrainerEnvironment): Hook[] {
  const { PETAGE_CHECKPOINT_EVERY_STEPS: everySteps, PETAGE_CHECKPOINT_KEEP_LAST: keepLast } = env;
  return everySteps === 0 ? [] : [stepCheckpoints({ everySteps, keepLast })];
}

async function openPorts(
  { env, thread, reporter, log }: TrainingParts,
  continues: readonly Ancestor[],
): Promise<RunPorts> {
  const { PETAGE_RUN_DIR: folder, PETAGE_WORK_DIR: workDir } = env;
  await makeFolder(folder);
  if (env.RANK === 0) await clearUnfinished(folder, workDir);
  return {
    log,
    checkpoints: continuing(checkpointFolder({ folder, workDir }), { folder, workDir, continues }),
    exportTensors: (options) => thread.exportTensors(options),
    record: (scalars) => record(join(folder, "scalars.json"), scalars),
    onCheckpoint: (saved, progress) => reporter.checkpoint(saved, progress),
    clock: systemClock,
  };
}

function record(path: string, scalars: unknown): void {
  namingSync(path, () => appendFileSync(path, `${JSON.stringify(scalars)}\n`));
}

/** Of this run no rank writes before all have opened it; other runs of the work dir may live. */
async function clearUnfinished(folder: string, workDir: string): Promise<void> {
  await removeUnfinished(folder);
  // What cannot be looked at is left alone: it costs nothing but its room.
  await Promise.all([workDir, ...(await foldersIn(workDir))].map((one) => removeLeftBehind(one).catch(() => {})));
}

/** Has the evaluator measure a checkpoint on the validation split. */
export function remoteValidator(evaluator: Client<"EvaluatorService">): Validator {
  return async (checkpointUri, signal) => {
    const stream = evaluator.evaluate({ checkpointUri, split: "SPLIT_VALIDATION" }, { signal });
    for await (const { result } of stream) {
      if (!result) continue;
      return {
        metrics: result.metrics,
        sampleCount: result.sampleCount,
        durationMs: durationMs(result.duration) ?? 0,
      };
    }
    throw new PetageError("UNAVAILABLE", "The evaluator ended its answer without a result");
  };
}
