import { serializeConfig } from "#lib/config/print/serialize.ts";
import type { NamedConfig } from "#lib/config/print/serialize.ts";
import { checkConfig } from "#lib/train/check-config.ts";

/** What the controller needs to know of a job's config. */
export interface ResolvedJob {
  /** File name without folder and ending: `resnet18_petage_quickstart`. */
  readonly configName: string;
  /** The resolved config, as `serializeConfig` writes it. */
  readonly configText: string;
  /** `work_dir` of the config, if it has one. */
  readonly workDir: string | undefined;
  readonly validates: boolean;
  readonly maxEpochs: number;
  /** Whether `resume = True` or `load_from` stand in the config; fields of the job win. */
  readonly resume: boolean;
  readonly loadFrom: string | undefined;
  /** Weights that the backbone starts from, by its `init_cfg`. */
  readonly pretrained?: string;
  /** What has no effect and looks as if it should have one, a line each. */
  readonly warnings?: readonly string[];
}

/** Checks a config and says what the controller needs of it. Throws CONFIG_* with file and line. */
export function resolveJob(named: NamedConfig): ResolvedJob {
  const { name, config } = named;
  const { run, model, warnings } = checkConfig(config); // an error in it is an answer now, not a crash later
  const { validation, maxEpochs } = run;
  const { pretrained } = model;
  const text = (key: string): string | undefined => {
    const value = config.value[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  return {
    configName: name,
    configText: serializeConfig(named),
    workDir: text("work_dir"),
    validates: validation !== undefined,
    maxEpochs,
    resume: config.value["resume"] === true,
    loadFrom: text("load_from"),
    warnings,
    ...(pretrained && { pretrained: pretrained.checkpoint }),
  };
}
