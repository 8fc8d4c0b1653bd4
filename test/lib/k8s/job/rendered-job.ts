import { readSettings } from "#lib/k8s/job/settings.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { render } from "#lib/k8s/job/render.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";

export const VARIABLES = {
  PETAGE_JOB_IMAGE: "petage:1",
  PETAGE_JOB_PULL_SECRETS: "pull",
  PETAGE_JOB_SERVICE_ACCOUNT: "petage-worker",
  PETAGE_JOB_INSTANCE: "release",
  PETAGE_JOB_RUN_AS_USER: "10001",
  PETAGE_JOB_NATS_URL: "nats://nats:4222",
  PETAGE_JOB_NATS_SECRET: "nats-secret",
  PETAGE_DATA_CLAIM: "data-claim",
  PETAGE_OUTPUT_CLAIM: "output-claim",
};
export const SETTINGS = readSettings(VARIABLES);
export const RESOLVED: ResolvedJob = {
  configName: "tiny",
  configText: "{}",
  workDir: undefined,
  validates: true,
  maxEpochs: 1,
  resume: false,
  loadFrom: undefined,
};

export function job(spec: Partial<TrainingJobSpec> = {}): TrainingJobObject {
  const metadata = { name: "job", namespace: "ns", uid: "0123456789ab", creationTimestamp: "2026-01-02T03:04:05Z" };
  return { metadata, spec: { config: { name: "tiny" }, workers: 2, ...spec } };
}

/** What of a rendering is otherwise. */
export type Options = Partial<Parameters<typeof render>[0]>;

export function optionsOf(spec: Partial<TrainingJobSpec> = {}, options: Options = {}): Parameters<typeof render>[0] {
  return { job: job(spec), settings: SETTINGS, resolved: RESOLVED, gangs: [], ...options };
}

export function podsOf(spec: Partial<TrainingJobSpec> = {}, options: Options = {}): ReadonlyMap<string, Pod> {
  const objects = render(optionsOf(spec, options));
  return new Map(objects.filter(({ kind }) => kind === "Pod").map((pod) => [pod.metadata.name, pod as Pod]));
}
