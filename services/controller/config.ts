import { z } from "zod";
import { optional, unlessEmpty } from "#lib/config/optional-variable.ts";
import type { Quota } from "#lib/jobs/quota.ts";
import { readSettings, settingsVariables } from "#lib/k8s/job/settings.ts";
import { ALL_NAMESPACES } from "#lib/k8s/objects.ts";

const common = {
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
};

/** Jobs, and trainers of all of them, that may run at a time for further ones to be created by gRPC. */
function quota(jobs: number, workers: number) {
  return {
    PETAGE_MAX_RUNNING_JOBS: unlessEmpty(z.coerce.number().int().min(0).default(jobs)),
    PETAGE_MAX_RUNNING_WORKERS: unlessEmpty(z.coerce.number().int().min(0).default(workers)),
  };
}

/** Environment of the controller on one machine. */
const Local = z.object({
  ...common,
  ...quota(16, 1024),
  PETAGE_LAUNCHER: z.literal("local").default("local"),
  /** A NATS server to use; otherwise each job of more than one worker gets its own. */
  NATS_URL: optional,
  /** Folder that relative paths of configs (data_root, work_dirs) start from. */
  PETAGE_ROOT: z.string().default("."),
  /** Folders that jobs may read in, and write in, split as those of PATH are. By default PETAGE_ROOT, and for its own user any. */
  PETAGE_READ_ROOTS: optional,
  PETAGE_WRITE_ROOTS: optional,
  /** Variables that configs of others may see, split by commas. */
  PETAGE_CONFIG_VARIABLES: optional,
});

/** Environment of the controller in a cluster, as the chart sets it. */
const Kubernetes = z
  .object({
    ...common,
    ...quota(1000, 10_000),
    PETAGE_LAUNCHER: z.literal("kubernetes"),
    /** Unique to this replica. */
    PETAGE_POD_NAME: z.string().min(1),
    PETAGE_NAMESPACE: z.string().min(1),
    PETAGE_LEASE_NAME: z.string().min(1),
    /** Namespaces whose jobs it runs, split by commas; `*`: all of them. */
    PETAGE_WATCH_NAMESPACES: z.string().min(1),
    /** Whether it may list the jobs of other namespaces, too, to tell those that nobody runs. */
    PETAGE_READ_JOBS: z.enum(["true", "false"]).default("false"),
    PETAGE_READ_NODES: z.enum(["true", "false"]).default("false"),
    PETAGE_READ_PODS: z.enum(["true", "false"]).default("false"),
    /** Whether it may use Kueue. */
    PETAGE_USE_KUEUE: z.enum(["true", "false"]).default("false"),
    /** Restarts allowed to jobs created by gRPC that do not say. */
    PETAGE_JOB_MAX_RESTARTS: z.coerce.number().int().min(0).max(1000).default(6),
    ...settingsVariables,
  })
  .transform((variables) => ({
    ...variables,
    namespaces:
      variables.PETAGE_WATCH_NAMESPACES === "*" ? [ALL_NAMESPACES] : variables.PETAGE_WATCH_NAMESPACES.split(","),
    settings: readSettings(variables),
  }));

export const Environment = z.preprocess(
  (variables) => ({ PETAGE_LAUNCHER: "local", ...(variables as object) }),
  z.discriminatedUnion("PETAGE_LAUNCHER", [Local, Kubernetes]),
);

type QuotaVariables = Pick<z.output<typeof Local>, "PETAGE_MAX_RUNNING_JOBS" | "PETAGE_MAX_RUNNING_WORKERS">;

export function quotaOf({ PETAGE_MAX_RUNNING_JOBS: jobs, PETAGE_MAX_RUNNING_WORKERS: workers }: QuotaVariables): Quota {
  return { jobs, workers };
}

export type LocalEnvironment = z.output<typeof Local>;
export type KubernetesEnvironment = z.output<typeof Kubernetes>;
