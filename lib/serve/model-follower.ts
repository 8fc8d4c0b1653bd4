import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { ModelSlot } from "./model-slot.ts";

/** A version that could not be loaded is tried again after this time: its volume may have been the reason. */
export const RETRY_MS = 60_000;

/** A model of a store. */
export interface StoredModel extends AsyncDisposable {
  readonly version: number;
  /** SHA-256 of its weights. */
  readonly sha256: string;
}

/** Where models come from. */
export interface ModelSource<Version extends { readonly version: number }, Model extends StoredModel> {
  /** What is there now, the newest first. */
  versions(): Promise<readonly Version[]>;
  /** SHA-256 of a version's weights. */
  sha256(version: Version): Promise<string>;
  /** Loads a version and makes it warm. */
  open(version: Version): Promise<Model>;
}

export interface FollowerOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** A version could not be loaded. */
  readonly onFailure?: () => void;
}

/** `empty`: nothing was published yet; `failed`: there is something, and none of it can be served. */
export type Found = "serving" | "empty" | "failed";

interface Failure {
  readonly error: string;
  readonly retryAtMs: number;
}

/**
 * Keeps the newest version of a store in a slot. One that cannot be loaded is passed over, and reported once; taking the
 * newest away brings the one before it back.
 */
export class ModelFollower<Version extends { readonly version: number }, Model extends StoredModel> {
  readonly #source: ModelSource<Version, Model>;
  readonly #slot: ModelSlot<Model>;
  readonly #options: Required<FollowerOptions>;
  /** By version. */
  readonly #failures = new Map<number, Failure>();
  #storeError = "";

  constructor(source: ModelSource<Version, Model>, slot: ModelSlot<Model>, options: FollowerOptions) {
    this.#source = source;
    this.#slot = slot;
    this.#options = { onFailure() {}, ...options };
  }

  /** Looks at the store once, and puts its newest version into the slot. Never rejects. */
  async look(): Promise<Found> {
    const versions = await this.#versions();
    if (versions) await this.#take(versions);
    if (this.#slot.current) return "serving";
    return versions?.length === 0 ? "empty" : "failed";
  }

  async #versions(): Promise<readonly Version[] | undefined> {
    try {
      const versions = await this.#source.versions();
      this.#storeError = "";
      return versions;
    } catch (thrown) {
      const error = PetageError.from(thrown).describe();
      if (error !== this.#storeError) this.#options.log.error("Cannot look for models", { error });
      this.#storeError = error;
      return undefined;
    }
  }

  async #take(versions: readonly Version[]): Promise<void> {
    const there = new Set(versions.map(({ version }) => version));
    for (const version of this.#failures.keys()) if (!there.has(version)) this.#failures.delete(version);
    for (const candidate of versions) {
      if (await this.#isCurrent(candidate)) return;
      if (this.#mustWait(candidate)) continue;
      const model = await this.#open(candidate);
      if (model) return await this.#slot.replace(model);
    }
  }

  /** A number may have been given a second time; a version that cannot be read just now stays what it was. */
  async #isCurrent(candidate: Version): Promise<boolean> {
    const { current } = this.#slot;
    if (current?.version !== candidate.version) return false;
    const sha256 = await this.#source.sha256(candidate).catch(() => current.sha256);
    return sha256 === current.sha256;
  }

  #mustWait({ version }: Version): boolean {
    return (this.#failures.get(version)?.retryAtMs ?? -Infinity) > this.#options.clock.nowMs();
  }

  async #open(candidate: Version): Promise<Model | undefined> {
    const { version } = candidate;
    const { clock, log, onFailure } = this.#options;
    try {
      const model = await this.#source.open(candidate);
      this.#failures.delete(version);
      return model;
    } catch (thrown) {
      const error = PetageError.from(thrown).describe();
      const serving = this.#slot.current?.version ?? "nothing";
      if (error !== this.#failures.get(version)?.error) {
        log.error("Cannot load a version of the model", { version, error, serving });
      }
      this.#failures.set(version, { error, retryAtMs: clock.nowMs() + RETRY_MS });
      onFailure();
      return undefined;
    }
  }
}
