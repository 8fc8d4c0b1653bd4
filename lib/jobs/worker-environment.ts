import { z } from "zod";
import { optional, optionalPort } from "#lib/config/optional-variable.ts";
import { accessVariables } from "./access-settings.ts";
import { imageVariables } from "./image-limits.ts";
import { MAX_DATA_LOADERS } from "./job-limits.ts";
import { workerLabel } from "./job-state.ts";
import type { WorkerName } from "./job-state.ts";

// The environment of the workers of a job: what each service reads, and what a launcher gives. Its names stand here
// alone, so that no launcher can give what no service reads.

/** Of every process of ours, worker or not. */
export const processVariables = {
  PETAGE_LOG: z.enum(["json", "pretty"]).default("json"),
  PETAGE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /** Who speaks in the log, when it is not the service's own name: "trainer-0". */
  PETAGE_NAME: z.string().optional(),
  PETAGE_HOST: z.string().default("127.0.0.1"),
  /** "true": the readers of its log and errors may read the files of the user; commands that start it set this. */
  PETAGE_QUOTE_FILES: z
    .string()
    .optional()
    .transform((text) => text === "true"),
  /** Where metrics are served; 0 takes any free port, without it they are not. */
  PETAGE_METRICS_PORT: optionalPort,
  ...accessVariables,
};

/** Read before all others, since reading those may fail. */
export const endVariables = {
  /** Where the termination report goes; kubelet reads it from /dev/termination-log. */
  PETAGE_TERMINATION_LOG: z.string().optional(),
};

/** Versions of a published model that stay, unless a job says otherwise. */
const DEFAULT_KEPT_VERSIONS = 10;

/** How long an outage of NATS is waited out, unless a job says otherwise. */
export const DEFAULT_NATS_OUTAGE_MS = 600_000;

/** Of a service that belongs to an attempt of a job and finds the others, or is found, over NATS. */
export const attemptVariables = {
  NATS_URL: optional,
  JOB_UID: z.string().default(""),
  /** Incarnation of the job's workers, from 0. */
  ATTEMPT: z.coerce.number().int().min(0).default(0),
  /** `host:port` at which the others reach this service; set on Kubernetes. */
  PETAGE_ADVERTISE: optional,
  /** How long to look for a service, and to wait for other ranks, in ms. */
  PETAGE_PEER_TIMEOUT_MS: z.coerce.number().int().min(1).max(86_400_000).default(600_000),
  /** A broker that is away for longer is lost for good, in ms. */
  PETAGE_NATS_OUTAGE_MS: z.coerce.number().int().min(0).max(86_400_000).default(DEFAULT_NATS_OUTAGE_MS),
};

const workerVariables = {
  ...attemptVariables,
  /** Resolved config, as `serializeConfig` writes it. */
  PETAGE_CONFIG: z.string(),
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
};

/** Of a service that reads files which others name. */
const readingVariables = {
  /** Folders that they may lie in, split as those of PATH are; without it anywhere. */
  PETAGE_READ_ROOTS: optional,
};

/** Of a service that asks for batches. */
const batchVariables = {
  /** Addresses of the data-loaders: host:port, separated by commas; asked for over NATS where they are not given. */
  PETAGE_DATA_LOADER: optional,
  /** How many the job has. */
  PETAGE_DATA_LOADERS: z.coerce.number().int().min(1).max(MAX_DATA_LOADERS).default(1),
};

export const dataLoaderVariables = {
  ...workerVariables,
  ...readingVariables,
  ...imageVariables,
  /** Number of this data-loader among those of the job. */
  PETAGE_DATA_LOADER_INDEX: z.coerce.number().int().min(0).default(0),
  /** Folder that relative paths of the config start from. */
  PETAGE_DATA_ROOT: z.string().default("."),
  /** Decoding threads per split; by default `num_workers` of the config. */
  PETAGE_WORKERS: z.coerce.number().int().min(0).max(256).optional(),
};

/** For processes that compute. `lib/host/compute-options.ts` reads them in their threads. */
export const computingVariables = {
  /** 1: op by op, as the code is written, where a graph would be compiled. */
  PETAGE_EAGER: z.enum(["", "0", "1"]).default(""),
};

/** For those that predict. */
export const predictingVariables = {
  ...computingVariables,
  /** What it computes in; bfloat16 only where that is faster. A config's `val_cfg.fp16` goes first. */
  PETAGE_PRECISION: z.enum(["", "float32", "bfloat16"]).default(""),
};

export const evaluatorVariables = {
  ...predictingVariables,
  ...workerVariables,
  ...readingVariables,
  ...batchVariables,
};

export const trainerVariables = {
  ...workerVariables,
  ...computingVariables,
  ...batchVariables,
  JOB_NAME: z.string(),
  JOB_UID: z.string(),
  RANK: z.coerce.number().int().min(0),
  WORLD_SIZE: z.coerce.number().int().min(1),
  /** Address of the evaluator; asked for over NATS where it is not given, not needed where the config has no validation. */
  PETAGE_EVALUATOR: optional,
  /** Where the checkpoints and logs of this run go. */
  PETAGE_RUN_DIR: z.string(),
  /** What all runs of the config share. */
  PETAGE_WORK_DIR: z.string(),
  /** Checkpoint to continue; `auto`: the newest complete one of the work dir, `run`: of the run dir, if there is one. */
  PETAGE_RESUME_FROM: optional,
  /** Weights to start from. */
  PETAGE_LOAD_FROM: optional,
  /** Save a checkpoint `iter_N` after every N steps, besides those of the config; 0: none. */
  PETAGE_CHECKPOINT_EVERY_STEPS: z.coerce.number().int().min(0).default(0),
  /** How many of those to keep. */
  PETAGE_CHECKPOINT_KEEP_LAST: z.coerce.number().int().min(1).default(3),
  /** Folder of the model in the model store to which the result is added; empty: none. */
  PETAGE_PUBLISH_TO: optional,
  /** How many versions of that model stay: the newest. */
  PETAGE_PUBLISH_KEEP: z.coerce.number().int().min(1).max(100_000).default(DEFAULT_KEPT_VERSIONS),
};

type Names =
  | keyof typeof processVariables
  | keyof typeof endVariables
  | keyof typeof dataLoaderVariables
  | keyof typeof evaluatorVariables
  | keyof typeof trainerVariables
  | "TF_CPP_MIN_LOG_LEVEL"; // TensorFlow's own

/** Variables for a worker; an empty one is as good as none. */
export type WorkerEnvironment = { readonly [Name in Names]?: string };

/** What all workers of an attempt have in common. */
export interface AttemptEnvironment {
  readonly job: { readonly name: string; readonly uid: string };
  /** Where each of them finds the resolved config. */
  readonly configPath: string;
  readonly natsUrl: string;
  /** How long an outage of NATS is waited out, where the job says so. */
  readonly natsOutageSeconds?: number | undefined;
  /** Trainers of this attempt. */
  readonly size: number;
  /** Data-loaders of the job, by default 1. */
  readonly dataLoaders?: number;
  /** `work_dirs/<config>`: what all runs of the config share. */
  readonly workDir: string;
  /** `work_dirs/<config>/<time>`: where this job writes. */
  readonly runDir: string;
  readonly loadFrom: string;
  /** Checkpoint to continue: empty, `auto`, `run`, a path or a URI. */
  readonly resumeFrom: string;
}

/** What a worker is given wherever it runs; a launcher adds what its place needs. */
export function workerEnvironment(worker: WorkerName, attempt: AttemptEnvironment): WorkerEnvironment {
  const { job, configPath, natsUrl, size, dataLoaders = 1, workDir, runDir, loadFrom, resumeFrom } = attempt;
  const { natsOutageSeconds } = attempt;
  const common = {
    PETAGE_NAME: workerLabel(worker),
    PETAGE_CONFIG: configPath,
    TF_CPP_MIN_LOG_LEVEL: "3",
    JOB_NAME: job.name,
    JOB_UID: job.uid,
    ATTEMPT: String(worker.attempt),
    NATS_URL: natsUrl,
    ...(natsOutageSeconds !== undefined && { PETAGE_NATS_OUTAGE_MS: String(natsOutageSeconds * 1000) }),
    ...(dataLoaders > 1 && dataLoaderVariable(worker, dataLoaders)),
  };
  if (worker.role !== "trainer") return common;
  return {
    ...common,
    RANK: String(worker.rank),
    WORLD_SIZE: String(size),
    PETAGE_WORK_DIR: workDir,
    PETAGE_RUN_DIR: runDir,
    PETAGE_LOAD_FROM: loadFrom,
    PETAGE_RESUME_FROM: resumeFrom,
  };
}

/** Which of several data-loaders it is, or how many there are to ask. */
function dataLoaderVariable({ role, rank }: WorkerName, dataLoaders: number): WorkerEnvironment {
  return role === "data-loader"
    ? { PETAGE_DATA_LOADER_INDEX: String(rank) }
    : { PETAGE_DATA_LOADERS: String(dataLoaders) };
}
