import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { Schedule } from "#lib/optim/types.ts";
import type { Checkpoint, CheckpointMeta, CheckpointStore, Progress, SavedCheckpoint } from "#lib/model/checkpoint.ts";
import type { RunControl, RunConstants, RunState, ScalarRecord, Share, Validation } from "./hook.ts";

/** What a run does to the world. The trainer service gives these; tests give fakes. */
export interface RunPorts {
  readonly log: Log;
  readonly clock: Clock;
  readonly checkpoints: CheckpointStore;
  /** The current tensors; without the optimizer's for checkpoints that nobody will resume. */
  exportTensors(options: { readonly withOptimizer: boolean }): Promise<Pick<Checkpoint, "weights" | "optimizer">>;
  /** Appends to `scalars.json`. */
  record(scalars: ScalarRecord): void;
  /** A checkpoint is complete. */
  onCheckpoint(saved: SavedCheckpoint, progress: Progress): void;
}

export interface RunSetup {
  readonly constants: RunConstants & Share;
  /** Everything of a checkpoint's description but its progress and metrics. */
  readonly description: Pick<CheckpointMeta, "configName" | "config" | "classes" | "petageVersion" | "continues">;
  readonly schedule: Schedule;
  readonly ports: RunPorts;
}

/** A training run: the loop moves it on, hooks get snapshots of its state and its control. */
export interface TrainingRun extends Omit<RunSetup, "constants"> {
  /** As it stands now. */
  readonly state: RunState;
  readonly control: RunControl;
  update(changes: Partial<Omit<RunState, keyof RunConstants>>): void;
}

/** A run before its first step. */
export function createRun({ constants, ...setup }: RunSetup): TrainingRun {
  let state: RunState = {
    ...constants,
    epoch: 0,
    iteration: 0,
    step: 0,
    startStep: 0,
    samplerEpoch: 0,
    best: null,
    saved: undefined,
    etaSeconds: 0,
    stoppedBy: undefined,
  };
  const run = {
    ...setup,
    get state() {
      return state;
    },
    update: (changes: Partial<RunState>) => void (state = { ...state, ...changes }),
  };
  return Object.assign(run, { control: createControl(run) });
}

/** Takes a run on in another group. Another number of ranks shares an epoch otherwise: one in progress begins again. */
export function joinGroup({ state, control, update }: TrainingRun, share: Share): void {
  const beginsAgain = state.iteration > 0 && state.worldSize !== share.worldSize;
  if (beginsAgain) {
    const were = `${state.worldSize} workers began it, now there are ${share.worldSize}`;
    control.log.warn(`Epoch ${state.epoch + 1} begins again: ${were}`);
  }
  update({ ...share, iteration: beginsAgain ? 0 : state.iteration });
}

/** What a run lets its hooks do. */
function createControl(run: Omit<TrainingRun, "control">): RunControl {
  const { ports, schedule, update } = run;
  const { log, checkpoints } = ports;
  return {
    log,
    checkpoints,
    stop: (by) => update({ stoppedBy: run.state.stoppedBy ?? by }),
    async save(name) {
      const tensors = await ports.exportTensors({ withOptimizer: true });
      const meta = checkpointMeta(run);
      const saved = await checkpoints.save(name, { meta, ...tensors });
      await checkpoints.markLatest(saved);
      update({ saved: { ...saved, step: run.state.step } });
      ports.onCheckpoint(saved, meta.progress);
      return saved;
    },
    async saveBest(best, metrics) {
      update({ best });
      const tensors = await ports.exportTensors({ withOptimizer: false });
      const meta = checkpointMeta(run, metrics);
      const saved = await checkpoints.save(best.name, { meta, ...tensors });
      ports.onCheckpoint(saved, meta.progress);
      return saved;
    },
    async addMetrics(metrics) {
      const { saved, step } = run.state;
      if (saved?.step === step) await checkpoints.amend(saved.name, checkpointMeta(run, metrics));
    },
    record: (scalars) => ports.record(scalars),
    advanceSchedule: (unit) => (unit === "epoch" ? schedule.afterEpoch() : schedule.afterIteration()),
    shuffle: (samplerEpoch) => update({ samplerEpoch }),
    estimate: (etaSeconds) => update({ etaSeconds }),
  };
}

/** What describes a checkpoint of the run as it stands. */
export function checkpointMeta(
  { description, ports, state, schedule }: Omit<TrainingRun, "control">,
  metrics: Validation["metrics"] = {},
): CheckpointMeta {
  const { epoch, iteration, step, seed, worldSize, best } = state;
  return {
    format: 1,
    ...description,
    createTime: ports.clock.date().toISOString(),
    progress: { epoch, iteration, step, seed, worldSize, best, schedule: schedule.state() },
    metrics,
  };
}

/** Steps of the whole run: those done, some perhaps by another number of workers, and those to come. */
export function stepCount({ step, epoch, iteration, maxEpochs, epochLength }: RunState): number {
  return step + (maxEpochs - epoch) * epochLength - iteration;
}

/** Whether the last step is done: only then training has succeeded. */
export function isComplete({ epoch, maxEpochs }: RunState): boolean {
  return epoch >= maxEpochs;
}

/** Throws STOPPED where training was ended before its last step. */
export function requireLastStep(state: RunState): void {
  if (isComplete(state)) return;
  const { stoppedBy, step } = state;
  throw new PetageError("STOPPED", `${stoppedBy} ended training after step ${step} of ${stepCount(state)}`);
}
