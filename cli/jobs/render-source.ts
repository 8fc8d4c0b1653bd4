import { KubeClient } from "#lib/k8s/client.ts";
import type { Credentials } from "#lib/k8s/credentials.ts";
import { discoverGangs } from "#lib/k8s/job/gang.ts";
import { render } from "#lib/k8s/job/render.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import { readSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { CHART_DEFAULTS, controllerVariables } from "./cluster-settings.ts";
import { openCredentials } from "../commands/job/flags.ts";
import type { PlaceFlags } from "../commands/job/flags.ts";
import type { JobManifest } from "./job-api.ts";
import type { ReadConfigMap } from "./manifests-of-flags.ts";
import { KubeJobs } from "./kube-jobs.ts";
import { inWords, told } from "./server-words.ts";

/** Stands where the API server would put a new uid. */
const NO_UID = "00000000-0000-0000-0000-000000000000";

export interface RenderSource {
  /** What the controller would create for a job. */
  render(job: JobManifest, resolved: ResolvedJob): Promise<readonly KubeObject[]>;
}

/** As a chart without changed values would have it, on a cluster without a scheduler of gangs. */
export const OFFLINE: RenderSource = {
  async render(job, resolved) {
    const metadata = {
      namespace: "default",
      uid: NO_UID,
      creationTimestamp: new Date().toISOString(),
      ...job.metadata,
    };
    return render({ job: { ...job, metadata }, settings: readSettings(CHART_DEFAULTS), resolved, gangs: [] });
  },
};

/** As the cluster is set up, with the defaults that its API server fills in. */
export class Cluster implements RenderSource, Disposable {
  readonly #credentials: Credentials;
  readonly #client: KubeClient;
  readonly #jobs: KubeJobs;
  readonly #namespace: string;

  private constructor(credentials: Credentials, namespace: string | undefined) {
    this.#credentials = credentials;
    this.#namespace = namespace ?? credentials.namespace;
    this.#client = new KubeClient(credentials);
    this.#jobs = new KubeJobs(credentials, this.#namespace);
  }

  static open(flags: PlaceFlags): Cluster {
    return new Cluster(openCredentials(flags), flags.namespace);
  }

  readonly configText: ReadConfigMap = (place) => this.#jobs.configText(place);

  async render(manifest: JobManifest, resolved: ResolvedJob): Promise<readonly KubeObject[]> {
    const job = await this.#checked(manifest);
    const { namespace = this.#namespace } = job.metadata;
    const variables = await controllerVariables(this.#client, namespace);
    if (!variables) process.stderr.write("petage: There is no controller here; with the defaults of its chart\n");
    const settings = readSettings(variables ?? CHART_DEFAULTS);
    return render({ job, settings, resolved, gangs: await discoverGangs(this.#client) });
  }

  /** As the API server would keep it, of which it keeps nothing; with the uid of the job that is there already. */
  async #checked(manifest: JobManifest): Promise<TrainingJobObject> {
    const metadata = { namespace: this.#namespace, ...manifest.metadata };
    const options = { dryRun: true, strict: true };
    try {
      return await this.#client.merge<TrainingJobObject>(TRAINING_JOBS, metadata, { patch: manifest, ...options });
    } catch (thrown) {
      if (!(thrown instanceof KubeError) || thrown.status !== 404) throw inWords(thrown);
    }
    const job = await told(this.#client.create<TrainingJobObject>(TRAINING_JOBS, { ...manifest, metadata }, options));
    return { ...job, metadata: { ...job.metadata, uid: NO_UID } };
  }

  [Symbol.dispose](): void {
    this.#credentials[Symbol.dispose]();
  }
}
