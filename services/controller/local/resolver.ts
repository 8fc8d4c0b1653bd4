import { PetageError } from "#lib/base/errors.ts";
import { ThreadPool } from "#lib/host/thread/pool.ts";
import { remote } from "#lib/host/thread/remote.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { ReachSettings } from "./reach.ts";
import type { MachineJob } from "./resolve.ts";

/** Resolves requests for jobs; a signal that aborts gives a request up. */
export type Resolve = (request: CreateTrainingJobRequest__Output, signal: AbortSignal) => Promise<MachineJob>;

/** What an entry of such a thread exposes. */
export interface ResolverThread {
  resolve(request: CreateTrainingJobRequest__Output): Promise<MachineJob>;
  /** Answers as soon as the thread can work. */
  ready(): void;
}

/** Requests that are resolved at a time; further ones wait. */
const MAX_RESOLVED = 4;
/** Requests that were given up and still wait for a disk that does not answer. */
const MAX_GIVEN_UP = 16;

/**
 * Resolves each request in a thread that does nothing else meanwhile. Configs are read at one go, and who reads from a
 * disk that does not answer waits for good: such a thread is given up when its request is.
 */
export class Resolvers implements AsyncDisposable {
  readonly #pool: ThreadPool<ResolverThread>;

  constructor(settings: ReachSettings) {
    const entry = new URL("./resolver-entry.ts", import.meta.url);
    this.#pool = new ThreadPool({
      open: () => remote<ResolverThread>("resolver", entry, { setup: settings }),
      warm: (thread) => thread.ready(),
      maxThreads: MAX_RESOLVED,
      maxGivenUp: MAX_GIVEN_UP,
      exhausted: unreadable,
    });
  }

  readonly resolve: Resolve = (request, signal) => this.#pool.run((thread) => thread.resolve(request), signal);

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]();
  }
}

function unreadable(count: number): PetageError {
  return new PetageError("RESOURCE_EXHAUSTED", `${count} jobs still wait for files that cannot be read`, {
    hint: "Look which disk of this machine does not answer, and start the controller anew",
  });
}
