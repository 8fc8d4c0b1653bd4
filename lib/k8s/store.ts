import { ALL_NAMESPACES, controllerOf, keyOf } from "./objects.ts";
import type { KubeObject } from "./objects.ts";

export interface Change<T> {
  /** `namespace/name` */
  readonly key: string;
  /** What was there before; undefined for what is new. */
  readonly before: T | undefined;
  /** What is there now; undefined for what is gone. */
  readonly after: T | undefined;
}

/** How long an object that we wrote ourselves wins over what a watch brings that has not caught up yet. */
const CATCH_UP_MS = 30_000;
/** Deletions that are remembered, against answers to writes that come after them. */
const MAX_REMEMBERED_DELETIONS = 4096;

interface Written {
  readonly resourceVersion: string | undefined;
  readonly until: number;
}

/** What reflectors last saw, each of its namespace or one of all, by name and by the uid of the owner. */
export class Store<T extends KubeObject> {
  readonly #written = new Map<string, Written>();
  /** Uids of what was deleted lately. */
  readonly #gone = new Set<string>();
  readonly #objects = new Map<string, T>();
  readonly #byOwner = new Map<string, Map<string, T>>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  readonly #slim: (object: T) => T;

  /** @param slim what is kept of an object; by default all but who wrote which field of it */
  constructor(slim: (object: T) => T = withoutManagedFields) {
    this.#slim = slim;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** @param key `namespace/name` */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  all(): IterableIterator<T> {
    return this.#objects.values();
  }

  ownedBy(uid: string): readonly T[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  /** Calls `listener` at every change, until the function returned is called. */
  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes an object as the API server returned it for a write of ours, so that the next look sees it. What the watch
   * brings is older until it brings this very version.
   * @param base the version that the write changed; undefined for a creation
   */
  wrote(object: T, base: string | undefined): void {
    const { resourceVersion, uid } = object.metadata;
    const key = keyOf(object);
    const isOvertaken = this.#objects.get(key)?.metadata.resourceVersion !== base || this.#gone.has(uid ?? "");
    if (isOvertaken) return; // the watch was faster
    if (resourceVersion === base) return; // nothing was changed, and the watch brings nothing
    this.#written.set(key, { resourceVersion, until: performance.now() + CATCH_UP_MS });
    this.#take(object);
  }

  /** Takes an object as it is now. One that was deleted and made anew under its name shows as gone, then as new. */
  set(object: T): void {
    const key = keyOf(object);
    const written = this.#written.get(key);
    if (written && isBefore(object, written) && performance.now() < written.until) return;
    this.#written.delete(key);
    if (!this.#has(object)) this.#take(object);
    else this.#keep(key, this.#slim(object)); // what we wrote, come back with what the API server added: no news
  }

  #has(object: T): boolean {
    const { resourceVersion, uid } = object.metadata;
    const known = this.#objects.get(keyOf(object))?.metadata;
    return known !== undefined && known.uid === uid && known.resourceVersion === resourceVersion;
  }

  #take(object: T): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    if (before && before.metadata.uid !== object.metadata.uid) this.delete(key);
    this.#put(key, this.#slim(object));
  }

  /** @param key `namespace/name` */
  delete(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#written.delete(key);
    this.#forget(before);
    this.#objects.delete(key);
    this.#unindex(key, before);
    this.#tell({ key, before, after: undefined });
  }

  /**
   * Takes a whole collection as it was at a version: what is not in it is gone, unless we wrote it later.
   * @param namespace what the collection is of, or `ALL_NAMESPACES`; by default the namespaces of its objects. The rest
   * belongs to other reflectors.
   */
  replace(objects: readonly T[], namespace?: string, version = ""): void {
    const present = new Set(objects.map(keyOf));
    const namespaces = new Set(namespace === undefined ? objects.map((each) => each.metadata.namespace) : [namespace]);
    for (const [key, { metadata }] of this.#objects) {
      if (!namespaces.has(ALL_NAMESPACES) && !namespaces.has(metadata.namespace)) continue;
      if (isLater(this.#written.get(key)?.resourceVersion, version)) continue; // the watch brings it
      this.#written.delete(key);
      if (!present.has(key)) this.delete(key);
    }
    for (const object of objects) this.set(object);
  }

  #put(key: string, after: T): void {
    const before = this.#keep(key, after);
    this.#tell({ key, before, after });
  }

  /** Puts an object in the place of the one before, which it returns. */
  #keep(key: string, after: T): T | undefined {
    const before = this.#objects.get(key);
    if (before) this.#unindex(key, before);
    this.#objects.set(key, after);
    const owner = controllerOf(after);
    if (owner !== undefined) {
      const owned = this.#byOwner.get(owner) ?? new Map<string, T>();
      this.#byOwner.set(owner, owned.set(key, after));
    }
    return before;
  }

  #forget({ metadata: { uid = "" } }: T): void {
    this.#gone.add(uid);
    if (this.#gone.size <= MAX_REMEMBERED_DELETIONS) return;
    for (const oldest of this.#gone) {
      this.#gone.delete(oldest);
      return;
    }
  }

  #unindex(key: string, object: T): void {
    const owner = controllerOf(object);
    const owned = owner === undefined ? undefined : this.#byOwner.get(owner);
    if (owner === undefined || owned === undefined) return;
    owned.delete(key);
    if (owned.size === 0) this.#byOwner.delete(owner);
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Whether the watch has not caught up with what we wrote. What is newer counts, whoever wrote it. */
function isBefore({ metadata: { resourceVersion } }: KubeObject, written: Written): boolean {
  return resourceVersion !== written.resourceVersion && !isLater(resourceVersion, written.resourceVersion ?? "");
}

/** Versions of Kubernetes' objects are numbers that rise (KEP-5504). */
function isLater(version: string | undefined, than: string): boolean {
  return Number(version) > Number(than || Infinity);
}

/** Who wrote which field is half of an object's size and none of our business. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata;
  return managedFields === undefined ? object : { ...object, metadata };
}
