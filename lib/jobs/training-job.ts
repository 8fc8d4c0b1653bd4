/** What identifies a job. Times are RFC 3339. */
export interface JobMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  /** Rises with every change of the spec. */
  readonly generation?: number;
}

/**
 * A training job: what is wanted, and how it stands. One machine keeps it in memory, a cluster in its API server, as
 * deploy/crd/trainingjobs.petage.dev.yaml describes it.
 */
export interface TrainingJob {
  readonly metadata: JobMetadata;
  readonly spec: TrainingJobSpec;
  readonly status?: TrainingJobStatus;
}

export type Quantities = Readonly<Record<string, string | number>>;

export interface Resources {
  readonly requests?: Quantities;
  readonly limits?: Quantities;
}

export interface ClaimSource {
  readonly claimName: string;
  readonly subPath?: string;
}

/** Who sees to it that all workers start together. */
export type GangMode = "Auto" | "None" | "Native" | "Volcano" | "Coscheduling" | "Kueue";

export type FailureRuleAction = "Restart" | "RestartIgnoringLimit" | "FailJob";

export const RETENTIONS = ["Always", "Never"] as const;
export type Retention = (typeof RETENTIONS)[number];

export interface ConfigSource {
  readonly inline?: string;
  readonly configMapRef?: { readonly name: string; readonly key?: string };
  readonly name?: string;
  /** A file; on one machine only. */
  readonly path?: string;
  /** Of `inline`. */
  readonly fileName?: string;
  readonly cfgOptions?: readonly string[];
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Any part of any version's PodSpec; nothing of it is dropped. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface TrainingJobSpec {
  readonly image?: string;
  readonly workers?: number;
  readonly elastic?: { readonly minWorkers: number; readonly maxWorkers: number };
  readonly gpu?: {
    readonly resourceName?: string;
    readonly resourceClaimTemplateName?: string;
    readonly count?: number;
    readonly product?: string;
  };
  readonly resources?: Resources;
  readonly dataLoader?: { readonly replicas?: number; readonly resources?: Resources };
  readonly evaluator?: { readonly resources?: Resources };
  readonly config: ConfigSource;
  readonly dataset?: {
    readonly persistentVolumeClaim?: ClaimSource;
    readonly synthetic?: { readonly count?: number; readonly seed?: number };
  };
  readonly workDir?: string;
  readonly loadFrom?: string;
  readonly checkpoint?: {
    readonly persistentVolumeClaim?: ClaimSource;
    readonly resume?: string;
    readonly everySteps?: number;
    readonly keepLast?: number;
    /** What becomes of the job's folder when the job is deleted. */
    readonly retain?: Retention;
  };
  readonly failurePolicy?: {
    readonly maxRestarts?: number;
    readonly natsOutageSeconds?: number;
    readonly rules?: readonly {
      readonly exitCodes?: readonly number[];
      readonly podConditions?: readonly string[];
      readonly action: FailureRuleAction;
    }[];
  };
  readonly schedulingPolicy?: {
    readonly gang?: GangMode;
    readonly queue?: string;
    readonly priorityClassName?: string;
    readonly startTimeoutSeconds?: number;
    readonly topologyKey?: string;
    readonly topologyMode?: "Preferred" | "Required";
  };
  readonly runPolicy?: {
    readonly suspend?: boolean;
    readonly cancel?: boolean;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly cleanPodPolicy?: "Running" | "All" | "None";
  };
  readonly publish?: { readonly modelName: string; readonly keepVersions?: number };
  readonly podTemplate?: PodTemplate;
  readonly managedBy?: string;
}

/** `metav1.Condition` */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export interface CheckpointStatus {
  readonly uri: string;
  readonly epoch: number;
  readonly step: number;
  readonly sha256: string;
  readonly time?: string;
}

export interface ProgressStatus {
  readonly epoch?: number;
  readonly maxEpochs?: number;
  readonly step?: number;
  readonly maxSteps?: number;
  /** The step within the epoch, from 1; one machine alone keeps it. */
  readonly iteration?: number;
  readonly iterationsPerEpoch?: number;
  readonly percent?: number;
  readonly etaSeconds?: number;
  readonly loss?: number;
  readonly learningRate?: number;
  readonly valMaeMonths?: number;
  readonly imagesPerSecond?: number;
  readonly dataWaitShare?: number;
  readonly allReduceShare?: number;
  /** Steps done more than once because they came after the last checkpoint, over all restarts. */
  readonly lostSteps?: number;
  readonly validationMetrics?: Readonly<Record<string, number>>;
  readonly updateTime?: string;
}

export interface FailureStatus {
  readonly worker: string;
  readonly rank?: number;
  readonly node?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly reason: string;
  readonly message: string;
  readonly time: string;
}

export interface TrainingJobStatus {
  readonly observedGeneration?: number;
  readonly phase?: string;
  readonly message?: string;
  readonly conditions?: readonly Condition[];
  /** Incarnation of the workers, from 0. */
  readonly attempt?: number;
  readonly restarts?: number;
  readonly restartsIgnored?: number;
  readonly nextRetryTime?: string;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly allPodsCreatedTime?: string;
  readonly selector?: string;
  readonly workDir?: string;
  readonly workers?: {
    readonly desired: number;
    readonly created: number;
    readonly ready: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly summary: string;
  };
  readonly lastCheckpoint?: CheckpointStatus;
  readonly progress?: ProgressStatus;
  readonly lastFailure?: FailureStatus;
  readonly result?: {
    readonly modelUri: string;
    /** The version in the model store that inference serves; absent where nothing is published. */
    readonly published?: string;
    readonly metrics: Readonly<Record<string, number>>;
  };
  /** What the controller needs to remember; nobody else reads it. */
  readonly control?: {
    readonly size?: number;
    readonly sizedFor?: number;
    readonly nextSize?: number;
    readonly resumedStep?: number;
    readonly attemptTime?: string;
    readonly heldTime?: string;
    readonly ending?: string;
    readonly nodeFailures?: Readonly<Record<string, number>>;
    readonly gangIgnored?: boolean;
  };
}
