import { z } from "zod";
import { optional } from "#lib/config/optional-variable.ts";

/** What a cluster gives to every job: values of the chart, which the controller gets as its environment. */
export interface JobSettings {
  /** Image of the pods of jobs that name none. */
  readonly image: string;
  readonly imagePullPolicy: string;
  /** Architecture that it is for, as nodes are labelled; undefined: pods run on any. */
  readonly arch?: string | undefined;
  readonly pullSecrets: readonly string[];
  /** What the pods run as towards the API server: it can do nothing. */
  readonly serviceAccount: string;
  /** The release; its NetworkPolicies and its controller know their pods by it. */
  readonly instance: string;
  /** Undefined leaves the choice to the platform. */
  readonly runAsUser: number | undefined;
  readonly fsGroup: number | undefined;
  /** Without credentials: nats://host:port */
  readonly natsUrl: string;
  /** Secret with `worker-password`; undefined where NATS asks for none. */
  readonly natsSecret: string | undefined;
  /** Secret with `job-key`; undefined where nobody is asked who calls. */
  readonly keySecret: string | undefined;
  /** Secret with `tls.crt`, `tls.key` and `ca.crt` for the name of workers; undefined without TLS. */
  readonly tlsSecret: string | undefined;
  /** Claim that jobs see as data/ unless they name one. */
  readonly dataClaim: string;
  /** Claim that jobs see as work_dirs/. */
  readonly outputClaim: string;
  /** Folders that jobs may read in besides what is mounted for them: of an image that has its data in it. */
  readonly readRoots: readonly string[];
  /** The largest photo that the data-loaders read; undefined is their own default. */
  readonly maxImagePixels: number | undefined;
}

/** As the chart gives them to the controller. */
export const settingsVariables = {
  PETAGE_JOB_IMAGE: z.string().min(1),
  PETAGE_JOB_IMAGE_PULL_POLICY: optional,
  /** `amd64`, `arm64` */
  PETAGE_JOB_ARCH: optional,
  PETAGE_JOB_PULL_SECRETS: optional,
  PETAGE_JOB_SERVICE_ACCOUNT: z.string().min(1),
  /** The release, which marks its pods. */
  PETAGE_JOB_INSTANCE: z.string().min(1),
  PETAGE_JOB_RUN_AS_USER: optional,
  PETAGE_JOB_FS_GROUP: optional,
  PETAGE_JOB_NATS_URL: z.url({ protocol: /^(nats|tls)$/ }),
  PETAGE_JOB_NATS_SECRET: optional,
  PETAGE_JOB_KEY_SECRET: optional,
  PETAGE_JOB_TLS_SECRET: optional,
  PETAGE_DATA_CLAIM: z.string().min(1),
  PETAGE_OUTPUT_CLAIM: z.string().min(1),
  PETAGE_JOB_READ_ROOTS: optional,
  PETAGE_JOB_MAX_IMAGE_PIXELS: optional,
};

type SettingsVariables = { readonly [Name in keyof typeof settingsVariables]?: string | undefined };

/** The settings out of the variables that the chart gives to the controller. */
export function readSettings(variables: SettingsVariables): JobSettings {
  const text = (name: keyof SettingsVariables): string => variables[name] ?? "";
  const number = (name: keyof SettingsVariables): number | undefined =>
    text(name) === "" ? undefined : Number(text(name));
  return {
    image: text("PETAGE_JOB_IMAGE"),
    imagePullPolicy: text("PETAGE_JOB_IMAGE_PULL_POLICY") || "IfNotPresent",
    arch: text("PETAGE_JOB_ARCH") || undefined,
    pullSecrets: text("PETAGE_JOB_PULL_SECRETS").split(",").filter(Boolean),
    serviceAccount: text("PETAGE_JOB_SERVICE_ACCOUNT"),
    instance: text("PETAGE_JOB_INSTANCE"),
    runAsUser: number("PETAGE_JOB_RUN_AS_USER"),
    fsGroup: number("PETAGE_JOB_FS_GROUP"),
    natsUrl: text("PETAGE_JOB_NATS_URL"),
    natsSecret: text("PETAGE_JOB_NATS_SECRET") || undefined,
    keySecret: text("PETAGE_JOB_KEY_SECRET") || undefined,
    tlsSecret: text("PETAGE_JOB_TLS_SECRET") || undefined,
    dataClaim: text("PETAGE_DATA_CLAIM"),
    outputClaim: text("PETAGE_OUTPUT_CLAIM"),
    readRoots: text("PETAGE_JOB_READ_ROOTS").split(":").filter(Boolean),
    maxImagePixels: number("PETAGE_JOB_MAX_IMAGE_PIXELS"),
  };
}
