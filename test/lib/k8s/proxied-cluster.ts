import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import type { Credentials } from "#lib/k8s/credentials.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { useCluster } from "#test/support/cluster.ts";
import { FaultProxy } from "./fault-proxy.ts";

export const NAMESPACES = { group: "", version: "v1", plural: "namespaces" };

/** A ConfigMap. */
export interface Words extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface ProxiedCluster {
  readonly proxy: FaultProxy;
  /** Goes through the proxy. */
  readonly client: KubeClient;
  /** Of the running test alone. */
  readonly namespace: string;
  words(name: string, data?: Record<string, string>, labels?: Record<string, string>): Words;
}

/** Gives the tests of a suite a real API server behind a proxy without faults. Call it in `describe`. */
export function useProxiedCluster(): ProxiedCluster {
  const cluster = useCluster(1);
  const here = { namespace: "" } as { proxy: FaultProxy; client: KubeClient; namespace: string };
  let credentials: Credentials | undefined;
  let count = 0;

  before("stand a proxy before it", async () => {
    here.proxy = await FaultProxy.start(cluster().kubeconfig);
    credentials = here.proxy.credentials();
    here.client = new KubeClient(credentials);
  });
  after(async () => {
    credentials?.[Symbol.dispose]();
    await here.proxy?.[Symbol.asyncDispose]();
  });
  beforeEach("a namespace of its own", async () => {
    here.proxy.fault = () => undefined;
    here.proxy.muted = false;
    here.namespace = `test-${++count}`;
    await here.client.create(NAMESPACES, { metadata: { name: here.namespace } });
    here.proxy.calls.length = 0;
  });
  return Object.assign(here, {
    words: (name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}): Words => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: here.namespace, labels },
      data,
    }),
  });
}

/** The error of something that must fail. */
export async function failure(action: Promise<unknown>): Promise<PetageError> {
  const thrown: unknown = await action.then(
    () => assert.fail("it went well"),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof PetageError, String(thrown));
  return thrown;
}
