import { PetageError } from "#lib/base/errors.ts";
import type { KubeClient, Query } from "./client.ts";
import { KubeError } from "./errors.ts";
import { pathOf } from "./objects.ts";
import type { KubeObject, Place, ResourceType } from "./objects.ts";

/** The most that one event may hold: an object has at most 1.5 MB in etcd. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  /** Nothing happened until this version. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

export interface WatchOptions {
  readonly resourceVersion: string;
  readonly query?: Query;
  /** The server ends the watch after this time, s. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Anything has arrived. */
  onTraffic(): void;
}

/**
 * The changes of a collection since a version, until the server ends the watch. Throws a `KubeError` with status 410
 * when that version is too old.
 */
export async function* watch<T extends KubeObject>(
  client: KubeClient,
  [type, place]: readonly [ResourceType, Place],
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const { resourceVersion, timeoutSeconds, signal } = options;
  const query = { ...options.query, watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
  const stream = await client.stream({ method: "GET", path: pathOf(type, place), query, signal });
  options.onTraffic();
  for await (const line of lines(stream, options.onTraffic)) yield readEvent<T>(line, type);
}

/** Lines of an answer as they come; one longer than an event may be is an error. */
export async function* lines(
  stream: AsyncIterable<Uint8Array>,
  onTraffic: () => void = () => {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    onTraffic();
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MAX_EVENT_BYTES) {
      throw new PetageError("RESOURCE_EXHAUSTED", `An event of a watch has more than ${MAX_EVENT_BYTES} bytes`);
    }
    yield* parts.filter((part) => part !== "");
  }
}

interface RawEvent {
  readonly type: string;
  readonly object: KubeObject & { readonly code?: number; readonly reason?: string; readonly message?: string };
}

function readEvent<T extends KubeObject>(line: string, { plural }: ResourceType): WatchEvent<T> {
  const { type, object } = JSON.parse(line) as RawEvent;
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, object: object as KubeObject as T };
    case "BOOKMARK":
      return { type, resourceVersion: object.metadata.resourceVersion ?? "" };
    default: {
      const { code: status = 500, reason = "", message = line.slice(0, 200) } = object;
      throw new KubeError(`WATCH ${plural}`, { status, reason, message });
    }
  }
}
