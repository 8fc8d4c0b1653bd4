import { PetageError } from "#lib/base/errors.ts";
import { deserializeConfig, serializeConfig } from "#lib/config/serialize.ts";
import type { NamedConfig } from "#lib/config/serialize.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { configMapName } from "#lib/k8s/job/names.ts";
import type { ResolvedJob } from "#lib/k8s/job/render.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { CONFIG_MAPS } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { modelSettings, runSettings } from "#lib/train/settings.ts";
import { loadJobConfig } from "../job-config.ts";
import type { ConfigWish } from "../job-config.ts";

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Configs that are kept resolved: jobs in a queue often have the same. */
const MAX_KEPT_CONFIGS = 64;

/** Resolves and checks the configs of jobs. */
export class ConfigResolver {
  readonly #client: KubeClient;
  readonly #kept = new Map<string, ResolvedJob>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /**
   * The config of a job: the one that its pods have already, or else from its source. CONFIG_* and INVALID_ARGUMENT
   * when it is no good, NOT_FOUND when its ConfigMap or key is not there.
   */
  async resolve(job: TrainingJobObject): Promise<ResolvedJob> {
    const existing = (job.status?.allPodsCreatedTime ?? job.status?.attempt) ? await this.#snapshot(job) : undefined;
    return existing ?? this.#cached(await this.#wish(job));
  }

  async #snapshot(job: TrainingJobObject): Promise<ResolvedJob | undefined> {
    const name = configMapName(job);
    const text = (await this.#read(job, name).catch(ifMissing))?.data?.["config.json"];
    return text === undefined ? undefined : describe(deserializeConfig(text, name), ""); // it need not be written again
  }

  #cached(wish: ConfigWish): ResolvedJob {
    const key = JSON.stringify(wish);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const { configName, config } = loadJobConfig(wish);
    const named = { name: configName, config };
    const resolved = describe(named, serializeConfig(named));
    this.#kept.set(key, resolved);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT_CONFIGS) break;
      this.#kept.delete(oldest);
    }
    return resolved;
  }

  async #wish(job: TrainingJobObject): Promise<ConfigWish> {
    const { inline, configMapRef, name, fileName = "config.py", cfgOptions = [] } = job.spec.config;
    if (name !== undefined) return { name, options: cfgOptions };
    if (inline !== undefined) return { text: inline, fileName, options: cfgOptions };
    const { name: map = "", key = "config.py" } = configMapRef ?? {};
    const found = await this.#read(job, map).catch(ifMissing);
    const text = found?.data?.[key];
    if (text !== undefined) return { text, fileName: key, options: cfgOptions };
    const what = found ? `ConfigMap ${map} has no key ${key}` : `There is no ConfigMap ${map}`;
    throw new PetageError("NOT_FOUND", `${what}, which spec.config.configMapRef names`, {
      hint: `kubectl create configmap ${map} --from-file=${key} --namespace ${job.metadata.namespace}`,
    });
  }

  async #read({ metadata: { namespace = "" } }: TrainingJobObject, name: string): Promise<ConfigMap> {
    return await this.#client.get<ConfigMap>(CONFIG_MAPS, { namespace, name });
  }
}

/** What the controller needs of a config. Throws what is wrong with it, with file and line. */
export function describe({ name, config }: NamedConfig, configText: string): ResolvedJob {
  const { validation, maxEpochs } = runSettings(config);
  modelSettings(config);
  const text = (key: string): string | undefined => {
    const value = config.value[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  return {
    configName: name,
    configText,
    workDir: text("work_dir"),
    validates: validation !== undefined,
    maxEpochs,
    resume: config.value["resume"] === true,
    loadFrom: text("load_from"),
  };
}

function ifMissing(error: unknown): undefined {
  if (error instanceof KubeError && error.status === 404) return undefined;
  throw error;
}
