import type { Clock } from "#lib/base/clock.ts";
import { silentLog } from "#lib/base/log.ts";
import type { Log } from "#lib/base/log.ts";
import { silentMetrics } from "#lib/base/metrics.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import { readSettings } from "#lib/k8s/job/settings.ts";
import { KubernetesController } from "#services/controller/kubernetes/controller.ts";
import { FaultProxy } from "#test/lib/k8s/fault-proxy.ts";
import { controllerEnvironment } from "./cluster-controller.ts";

export interface ReplicaOptions {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** Namespaces that it watches; by default its own. */
  readonly watched?: readonly string[];
  /** The Lease that it takes; replicas that take different ones do not wait for each other. */
  readonly lease: string;
  /** Unique among those that take the same one; by default its name. */
  readonly identity?: string;
  readonly readJobs?: boolean;
  readonly readNodes?: boolean;
  readonly log?: Log;
  readonly clock?: Clock;
}

/** A controller in this process that reaches the API server through a proxy of its own. */
export class Replica implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly #end = new AbortController();
  readonly #ended: Promise<unknown>;
  #ending: Promise<void> | undefined;

  private constructor(proxy: FaultProxy, options: ReplicaOptions) {
    const { kubeconfig, namespace, watched = [namespace], lease, log = silentLog, clock } = options;
    const { readJobs = false, readNodes = false, identity = lease } = options;
    this.proxy = proxy;
    const credentials = proxy.credentials();
    const controller = new KubernetesController({
      client: new KubeClient(credentials),
      settings: readSettings(controllerEnvironment(namespace, kubeconfig)),
      namespaces: watched,
      readJobs,
      readNodes,
      lease: { namespace, name: lease, identity },
      log,
      metrics: silentMetrics,
      ...(clock && { clock }),
    });
    this.#ended = controller
      .run(this.#end.signal)
      .catch((error: unknown) => log.error("The controller ended", { error: String(error) }))
      .finally(() => {
        controller[Symbol.dispose]();
        credentials[Symbol.dispose]();
      });
  }

  /** @param prepare says what goes wrong, before the first call */
  static async start(options: ReplicaOptions, prepare: (proxy: FaultProxy) => void = () => {}): Promise<Replica> {
    const proxy = await FaultProxy.start(options.kubeconfig);
    prepare(proxy);
    return new Replica(proxy, options);
  }

  /** From now on nothing that it says arrives anywhere, as after SIGKILL. */
  async kill(): Promise<void> {
    this.#ending ??= (async () => {
      this.proxy.fault = () => ({ kind: "break" });
      this.#end.abort();
      await this.proxy[Symbol.asyncDispose]();
      await this.#ended;
    })();
    await this.#ending;
  }

  /** It gives its lease back, as after SIGTERM. */
  async leave(): Promise<void> {
    this.#ending ??= (async () => {
      this.#end.abort();
      await this.#ended;
      await this.proxy[Symbol.asyncDispose]();
    })();
    await this.#ending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
