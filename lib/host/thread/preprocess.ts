import { PetageError } from "#lib/base/errors.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import type { Image } from "#lib/data/types.ts";
import { availableCores } from "#lib/host/process/cores.ts";
import type { PluginModules } from "#lib/host/plugins.ts";
import type { Preprocess } from "#lib/serve/preprocess.ts";
import { Deadline } from "#lib/system/deadline.ts";
import { ThreadPool } from "./pool.ts";
import { remote } from "./remote.ts";

/** What a thread needs, as it is sent to it. */
export interface PreprocessThreadSetup {
  readonly config: ResolvedConfig;
  readonly limits: ImageLimits;
  readonly plugins: PluginModules;
}

/** What an entry of such a thread exposes. */
export interface PreprocessThread {
  preprocess(photo: Uint8Array): Promise<Image>;
  /** Answers as soon as the thread can work. */
  ready(): void;
}

/** Node's own threads, in which libvips decodes, are four: more would wait for one another. */
const MAX_DECODES = 4;
/** Photos that were given up and are still decoded: libvips cannot be interrupted. */
const MAX_GIVEN_UP = 4;
/** A photo that takes longer is given up, however long its caller waits. */
export const MAX_DECODE_MS = 10_000;

/** Decoding and the test pipeline of a config, in threads of their own. */
export class PreprocessThreads implements AsyncDisposable {
  readonly parallelism = Math.min(MAX_DECODES, Math.max(2, availableCores()));
  readonly #pool: ThreadPool<PreprocessThread>;

  constructor({
    plugins = [],
    ...setup
  }: Omit<PreprocessThreadSetup, "plugins"> & { readonly plugins?: PluginModules }) {
    const entry = new URL("./preprocess-entry.ts", import.meta.url);
    this.#pool = new ThreadPool({
      open: () => remote<PreprocessThread>("preprocess", entry, { setup: { ...setup, plugins } }),
      warm: (thread) => thread.ready(),
      maxThreads: this.parallelism,
      maxGivenUp: MAX_GIVEN_UP,
      exhausted: overloaded,
    });
  }

  readonly preprocess: Preprocess = async (photo, signal) => {
    using limit = new Deadline(MAX_DECODE_MS, { signal, reason: tooSlow() });
    const bytes = new Uint8Array(photo); // a view would take its whole message along
    return await this.#pool.run((thread) => thread.preprocess(bytes), limit.signal);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]();
  }
}

function tooSlow(): PetageError {
  return new PetageError("IMAGE_UNDECODABLE", `Cannot decode the image within ${MAX_DECODE_MS / 1000} s`, {
    hint: "Send a smaller photo, as baseline JPEG",
  });
}

function overloaded(count: number): PetageError {
  return new PetageError("UNAVAILABLE", `Server is overloaded: ${count} photos that were given up are still decoded`, {
    hint: "Try again in a moment",
  });
}
