import type { PetageError } from "#lib/base/errors.ts";
import { createLogger } from "#lib/host/logger.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import { Store } from "#lib/k8s/store.ts";
import { told } from "./server-words.ts";

export interface Selection {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * The objects that a selector names, as they stand, then whenever any of them has changed, until the signal aborts.
 * Throws what the API server says when it refuses; when it is not there, that is told and tried again.
 */
export async function* changes<T extends KubeObject>(
  client: KubeClient,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  const write = (line: string): void => void process.stderr.write(line);
  const log = createLogger({ name: "petage", format: "pretty", level: "warn", write });
  const store = new Store<T>();
  const end = new AbortController();
  const ended = AbortSignal.any([signal, end.signal]);
  const reflector = new Reflector<T>({ client, store, log, isFinal: isRefusal, ...selection });
  const running = reflector.run(ended).finally(() => end.abort());
  running.catch(() => {}); // it is awaited below
  let wake = (): void => {};
  const sleep = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  ended.addEventListener("abort", () => wake(), { once: true });
  const synced = sleep();
  void reflector.synced.then(() => wake());
  try {
    if (!ended.aborted) await synced;
    store.onChange(() => wake());
    while (!ended.aborted) {
      const change = sleep();
      yield [...store.all()];
      await change;
    }
  } finally {
    end.abort();
    await told(running);
  }
}

/** Who may not read, or reads what the server does not have, would wait for nothing. */
function isRefusal(failure: PetageError): boolean {
  return failure instanceof KubeError && [403, 404].includes(failure.status);
}
