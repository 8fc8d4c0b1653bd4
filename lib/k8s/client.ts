import { request as plainRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as secureRequest } from "node:https";
import { PetageError } from "#lib/base/errors.ts";
import { Deadline } from "#lib/system/deadline.ts";
import type { Credentials } from "./credentials.ts";
import { KubeError, readRefusal, whyOf } from "./errors.ts";
import { pathOf } from "./objects.ts";
import type { KubeList, KubeObject, Metadata, Place, ResourceType } from "./objects.ts";

/** How long a call may take that is no watch. */
const CALL_TIMEOUT_MS = 30_000;
/** The most that one answer may hold: a page of 500 pods is about 5 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Where the server cannot, the whole object. */
const METADATA_ALONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  /** The form of the answer, where it is not the object itself. */
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Hears of calls that failed: with their HTTP status, or undefined where the API server was not reached. */
export type OnCallError = (method: Call["method"], status: number | undefined) => void;

export interface WriteOptions {
  /** Let the API server check everything and keep nothing. */
  readonly dryRun?: boolean;
  /** Refuse fields that the API server does not know, instead of dropping them. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
}

export interface DeleteOptions {
  /** Delete only this incarnation. */
  readonly uid?: string;
  readonly gracePeriodSeconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * The API of Kubernetes as plain JSON over one pool of connections. What is sent arrives whole: no types of a library
 * stand in between that would drop what they do not know. Every failed call throws a `KubeError`, or UNAVAILABLE when
 * the API server could not be reached.
 */
export class KubeClient {
  readonly #credentials: Credentials;
  readonly #onError: OnCallError;

  constructor(credentials: Credentials, onError: OnCallError = () => {}) {
    this.#credentials = credentials;
    this.#onError = onError;
  }

  async get<T extends KubeObject>(type: ResourceType, place: Place, signal?: AbortSignal): Promise<T> {
    return await this.call<T>({ method: "GET", path: pathOf(type, place), signal });
  }

  /** One page of a collection. */
  async list<T extends KubeObject>(
    type: ResourceType,
    place: Place & { readonly query?: Query },
    signal?: AbortSignal,
  ): Promise<KubeList<T>> {
    return await this.call<KubeList<T>>({ method: "GET", path: pathOf(type, place), query: place.query ?? {}, signal });
  }

  async create<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace } = object.metadata;
    const path = pathOf(type, namespace === undefined ? {} : { namespace });
    return await this.call<T>({ method: "POST", path, body: object, ...writeOptions(options) });
  }

  /** Creates an object of which only what the API server adds to its metadata is news: that is half the answer. */
  async createBriefly(type: ResourceType, object: KubeObject, options: WriteOptions = {}): Promise<Metadata> {
    const path = pathOf(type, { namespace: object.metadata.namespace ?? "" });
    const call = { method: "POST", path, body: object, accept: METADATA_ALONE, ...writeOptions(options) } as const;
    return (await this.call<KubeObject>(call)).metadata;
  }

  /** Replaces an object; 409 Conflict when it is no longer the one of `metadata.resourceVersion`. */
  async replace<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const path = pathOf(type, object.metadata);
    return await this.call<T>({ method: "PUT", path, body: object, ...writeOptions(options) });
  }

  /** Changes the fields that `patch` names (RFC 7386: null removes one, a list replaces a list). */
  async merge<T extends KubeObject>(
    type: ResourceType,
    place: Place,
    { patch, ...options }: WriteOptions & { readonly patch: object },
  ): Promise<T> {
    const contentType = "application/merge-patch+json";
    return await this.call<T>({
      method: "PATCH",
      path: pathOf(type, place),
      body: patch,
      contentType,
      ...writeOptions(options),
    });
  }

  async delete(type: ResourceType, place: Place, options: DeleteOptions = {}): Promise<void> {
    const { uid, gracePeriodSeconds, signal } = options;
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    const body = { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds, ...preconditions };
    await this.call({ method: "DELETE", path: pathOf(type, place), body, signal });
  }

  /** Deletes all of a namespace that a selector names, in one call. */
  async deleteCollection(
    type: ResourceType,
    place: { readonly namespace: string; readonly labelSelector: string; readonly fieldSelector?: string },
    options: DeleteOptions = {},
  ): Promise<void> {
    const { gracePeriodSeconds, signal } = options;
    const body = { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds };
    const { labelSelector, fieldSelector } = place;
    const query = { labelSelector, fieldSelector };
    await this.call({ method: "DELETE", path: pathOf(type, { namespace: place.namespace }), query, body, signal });
  }

  /** Any call whose answer is JSON. */
  async call<T>(call: Call): Promise<T> {
    using deadline = new Deadline(CALL_TIMEOUT_MS, { signal: call.signal });
    const response = await this.#send({ ...call, signal: deadline.signal }, "calls");
    return JSON.parse(await readBody(response, call)) as T;
  }

  /** An answer that goes on: a watch, the log of a pod. Ends with the signal. */
  async stream(call: Call & { readonly signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>> {
    return await this.#send(call, "watches");
  }

  async #send(call: Call, pool: "calls" | "watches"): Promise<IncomingMessage> {
    const { server, headers, [pool]: agent } = await this.#credentials.access();
    const url = new URL(server.pathname.replace(/\/$/, "") + call.path, server);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const options = {
      method: call.method,
      agent,
      signal: call.signal,
      headers: {
        ...headers,
        accept: call.accept ?? "application/json",
        "user-agent": "petage",
        ...(body === undefined ? {} : bodyHeaders(body, call.contentType)),
      },
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === "http:" ? plainRequest : secureRequest;
      send(url, options, resolve)
        .on("error", (cause) => {
          if (!call.signal?.aborted) this.#onError(call.method, undefined);
          reject(unreachable(call, cause));
        })
        .end(body);
    });
    const status = response.statusCode ?? 0;
    if (status < 300) return response;
    this.#onError(call.method, status);
    const text = await readBody(response, call);
    throw new KubeError(nameOf(call), readRefusal(status, text, response.headers["retry-after"]));
  }
}

/** With its length: Node leaves it out for DELETE, and the server would take the body for the next call. */
function bodyHeaders(body: string, contentType = "application/json"): Record<string, string | number> {
  return { "content-type": contentType, "content-length": Buffer.byteLength(body) };
}

function writeOptions({ dryRun, strict, signal }: WriteOptions): Pick<Call, "query" | "signal"> {
  const query = { dryRun: dryRun ? "All" : undefined, fieldValidation: strict ? "Strict" : undefined };
  return { query, signal };
}

async function readBody(response: IncomingMessage, call: Call): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) {
        const limit = `more than ${MAX_ANSWER_BYTES} bytes`;
        throw new PetageError("RESOURCE_EXHAUSTED", `${nameOf(call)} was answered with ${limit}`);
      }
    }
  } catch (cause) {
    throw cause instanceof PetageError ? cause : unreachable(call, cause);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unreachable(call: Call, cause: unknown): PetageError {
  const error = call.signal?.aborted ? PetageError.from(call.signal.reason) : undefined;
  if (error) return new PetageError(error.code, `${nameOf(call)}: ${error.message}`, { cause });
  return new PetageError("UNAVAILABLE", `${nameOf(call)}: ${whyOf(cause)}`, {
    cause,
    hint: "Is the API server up, and does the kubeconfig name the right one?",
  });
}

function nameOf({ method, path }: Call): string {
  return `${method} ${path}`;
}
