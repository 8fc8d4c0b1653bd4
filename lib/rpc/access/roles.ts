import type { Implementation, ServiceName } from "../contract.ts";
import { fullName } from "../protos.ts";

/** What a caller may be allowed. They do not include each other; `admin` has all of them. */
export const ROLES = ["predict", "train", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What a call asks for: a role, or to come from the controller or a worker of the job that the service belongs to. */
export type Need = Role | "job";

/** The role that each RPC needs. Those of a job's own services that only tell how it goes are for admins, too. */
export const NEEDS: { readonly [N in ServiceName]: { readonly [M in keyof Implementation<N>]: Need } } = {
  ControllerService: {
    createTrainingJob: "train",
    getTrainingJob: "train",
    listTrainingJobs: "train",
    watchTrainingJob: "train",
    cancelTrainingJob: "train",
    streamLogs: "train",
  },
  InferenceService: { predict: "predict", predictStream: "predict", getModel: "predict" },
  DataLoaderService: { getDataset: "admin", listSamples: "admin", streamBatches: "job" },
  EvaluatorService: { evaluate: "job", getStatus: "admin" },
  TrainerService: { getStatus: "admin", streamMetrics: "admin", saveCheckpoint: "job", stop: "job" },
};

const BY_PATH: ReadonlyMap<string, Need> = new Map(
  Object.entries(NEEDS).flatMap(([service, methods]: [string, Readonly<Record<string, Need>>]) =>
    Object.entries(methods).map(([method, need]) => {
      const name = method.charAt(0).toUpperCase() + method.slice(1);
      return [`/${fullName(service as ServiceName)}/${name}`, need] as const;
    }),
  ),
);

/** What a call of `/service/method` needs; undefined for health and reflection, which are open to all. */
export function needOf(path: string): Need | undefined {
  return BY_PATH.get(path);
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** Whether these roles are enough for what a person may be allowed. */
export function allows(roles: ReadonlySet<Role>, need: Role): boolean {
  return roles.has(need) || roles.has("admin");
}
