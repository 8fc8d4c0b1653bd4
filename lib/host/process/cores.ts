import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Cores that this process may use: those of the machine, or the fewer that its container is given. */
export function availableCores(cgroupFile = "/sys/fs/cgroup/cpu.max"): number {
  return Math.max(1, Math.min(availableParallelism(), cgroupCores(cgroupFile)));
}

/** The quota of control groups v2, "<microseconds> <per microseconds>" or "max ...", in cores. */
function cgroupCores(file: string): number {
  try {
    const [quota, period] = readFileSync(file, "utf8").split(" ").map(Number);
    const cores = (quota ?? Number.NaN) / (period ?? Number.NaN);
    return Number.isFinite(cores) && cores > 0 ? Math.ceil(cores) : Infinity;
  } catch {
    return Infinity; // no container, or not Linux
  }
}

export interface CoreShares {
  /** Of each trainer's TensorFlow. */
  readonly trainerThreads: number;
  /** Of a data-loader's decoders. */
  readonly loaderWorkers: number;
  /** Of the evaluator's TensorFlow: it works while the trainers wait. */
  readonly evaluatorThreads: number;
}

/**
 * Shares cores among the processes of one job. Decoding is about a tenth of the work of a training step, and TensorFlow
 * processes with more threads than cores slow each other down.
 */
export function shareCores(cores: number, trainers: number, dataLoaders = 1): CoreShares {
  return {
    trainerThreads: Math.max(1, Math.floor(cores / Math.max(1, trainers))),
    loaderWorkers: Math.max(1, Math.floor(cores / 4 / dataLoaders)),
    evaluatorThreads: Math.max(1, cores),
  };
}

/** Environment that holds the TensorFlow of a process to a number of threads. */
export function threadEnvironment(threads: number): Record<string, string> {
  const count = String(threads);
  return { TF_NUM_INTRAOP_THREADS: count, TF_NUM_INTEROP_THREADS: "1", OMP_NUM_THREADS: count };
}

/** Node's own number of threads for what blocks, decoding among it. */
const DEFAULT_POOL_THREADS = 4;

/** Environment of a data-loader with a number of decoding threads: what they wait for needs as many of Node's. */
export function decoderEnvironment(workers: number): Record<string, string> {
  return { PETAGE_WORKERS: String(workers), UV_THREADPOOL_SIZE: String(Math.max(DEFAULT_POOL_THREADS, workers)) };
}
