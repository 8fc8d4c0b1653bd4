import type { Log } from "#lib/base/log.ts";
import { createSchedule } from "#lib/optim/schedule.ts";
import type { Checkpoint, CheckpointMeta, SavedCheckpoint } from "#lib/model/checkpoint.ts";
import type { IterationResult, RunState, ScalarRecord } from "#lib/train/hook.ts";
import { createRun } from "#lib/train/run.ts";
import type { RunPorts, RunSetup, TrainingRun } from "#lib/train/run.ts";
import { FakeClock } from "./fake-clock.ts";

/** What a run did to the world around it. */
export interface RunRecord {
  /** Lines of the log, warnings with `WARN ` in front. */
  readonly lines: string[];
  readonly scalars: ScalarRecord[];
  /** Checkpoints that are there, by name. */
  readonly checkpoints: Map<string, Checkpoint>;
  readonly told: SavedCheckpoint[];
  latest: string | undefined;
}

/** A log that keeps its lines. */
export function recordingLines(lines: string[]): Log {
  return {
    debug() {},
    info: (message) => void lines.push(message),
    warn: (message) => void lines.push(`WARN ${message}`),
    error: (message) => void lines.push(`ERROR ${message}`),
  };
}

export interface FakeRun {
  readonly run: TrainingRun;
  readonly record: RunRecord;
  /** The run's time, which stands still until a test lets it pass. */
  readonly clock: FakeClock;
}

/** Where a test begins, and what is not as usual. */
export type RunChanges = Partial<RunState> & Partial<Pick<RunSetup, "schedule" | "ports">>;

/** A run of one rank over 3 epochs of 4 iterations, whose checkpoints are kept in memory. */
export function fakeRun(changes: RunChanges = {}): FakeRun {
  const clock = new FakeClock();
  const record: RunRecord = { lines: [], scalars: [], checkpoints: new Map(), told: [], latest: undefined };
  const { schedule, ports, rank = 0, worldSize = 1, maxEpochs = 3, epochLength = 4, ...standing } = changes;
  const directions = { "accuracy/top10": "less", "accuracy/top1": "greater" } as const;
  const run = createRun({
    constants: { rank, worldSize, seed: 0, maxEpochs, epochLength, directions },
    description: { configName: "tiny", config: {}, classes: ["0", "1"], petageVersion: "0.0.0" },
    schedule: schedule ?? createSchedule([], { learningRate: 0.1, weightDecay: 0 }),
    ports: ports ?? fakePorts(record, clock),
  });
  run.update(standing);
  return { run, record, clock };
}

function fakePorts(record: RunRecord, clock: FakeClock): RunPorts {
  return {
    log: recordingLines(record.lines),
    checkpoints: {
      async save(name, checkpoint) {
        record.checkpoints.set(name, checkpoint);
        return { name, uri: `/run/${name}`, sha256: "00" };
      },
      async amend(name, meta: CheckpointMeta) {
        const old = record.checkpoints.get(name);
        if (!old) throw new Error(`amended ${name}, which is not there`);
        record.checkpoints.set(name, { ...old, meta });
      },
      remove: async (name) => void record.checkpoints.delete(name),
      list: async () => [...record.checkpoints.keys()],
      markLatest: async ({ name }) => void (record.latest = name),
    },
    exportTensors: async ({ withOptimizer }) => ({
      weights: new Map(),
      optimizer: withOptimizer
        ? new Map([["momentum_buffer/w", { dtype: "F32", shape: [1], values: Float32Array.of(1) }]])
        : new Map(),
    }),
    record: (scalars) => void record.scalars.push(scalars),
    onCheckpoint: (saved) => void record.told.push(saved),
    clock,
  };
}

/** What an iteration measured, but for what a test says. */
export function iterationResult(changes: Partial<IterationResult> = {}): IterationResult {
  return {
    loss: 1,
    learningRate: 0.1,
    imageCount: 8,
    totalMs: 50,
    dataMs: 5,
    allReduceMs: 0,
    skippedIds: [],
    ...changes,
  };
}
