import { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { deserializeConfig } from "#lib/config/print/serialize.ts";
import { portableConfig, resolveJobConfig } from "#lib/host/files/job-config.ts";
import type { PortableRequest } from "#lib/host/files/job-config.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { configMapName } from "#lib/k8s/job/names.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { CONFIG_MAPS } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { resolveJob } from "#lib/jobs/resolved-job.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";

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
   * when it is invalid, NOT_FOUND when its ConfigMap or key is not there.
   */
  async resolve(job: TrainingJobObject): Promise<ResolvedJob> {
    const existing = (job.status?.allPodsCreatedTime ?? job.status?.attempt) ? await this.#snapshot(job) : undefined;
    return existing ?? this.#cached(await this.#request(job));
  }

  async #snapshot(job: TrainingJobObject): Promise<ResolvedJob | undefined> {
    const name = configMapName(job);
    const text = (await this.#read(job, name).catch(ifMissing))?.data?.["config.json"];
    if (text === undefined) return undefined;
    return { ...resolveJob(deserializeConfig(text, name)), configText: "" }; // it need not be written again
  }

  #cached(request: PortableRequest): ResolvedJob {
    const key = JSON.stringify(request);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const resolved = resolveJobConfig(request);
    this.#kept.set(key, resolved);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT_CONFIGS) break;
      this.#kept.delete(oldest);
    }
    return resolved;
  }

  async #request(job: TrainingJobObject): Promise<PortableRequest> {
    const { configMapRef, cfgOptions = [] } = job.spec.config;
    const portable = portableConfig(job.spec.config);
    if (portable) return portable;
    const { name: map = "", key = "config.py" } = configMapRef ?? {};
    const found = await this.#read(job, map).catch(ifMissing);
    const text = found?.data?.[key];
    if (text !== undefined) return { text, fileName: key, options: cfgOptions };
    const what = found ? `ConfigMap ${map} has no key ${key}` : `There is no ConfigMap ${map}`;
    throw new PetageError("NOT_FOUND", `${what}, which spec.config.configMapRef names`, {
      hint: shellCommand([
        "kubectl",
        "create",
        "configmap",
        map,
        `--from-file=${key}`,
        "--namespace",
        job.metadata.namespace ?? "",
      ]),
    });
  }

  async #read({ metadata: { namespace = "" } }: TrainingJobObject, name: string): Promise<ConfigMap> {
    return await this.#client.get<ConfigMap>(CONFIG_MAPS, { namespace, name });
  }
}

function ifMissing(error: unknown): undefined {
  if (error instanceof KubeError && error.status === 404) return undefined;
  throw error;
}
