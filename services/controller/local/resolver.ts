import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import { remote } from "#lib/host/thread/remote.ts";
import type { Remote } from "#lib/host/thread/remote.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { ReachSettings } from "./reach.ts";
import type { MachineJob } from "./resolve.ts";

/** Resolves requests for jobs; a signal that aborts gives a request up. */
export type Resolve = (request: CreateTrainingJobRequest__Output, signal: AbortSignal) => Promise<MachineJob>;

/** What an entry of such a thread exposes. */
export interface ResolverThread {
  resolve(request: CreateTrainingJobRequest__Output): Promise<MachineJob>;
}

/** Requests that are resolved at a time; further ones wait. */
const MAX_THREADS = 4;
/** Threads that were given up and have not ended: each waits for a disk that does not answer. */
const MAX_GIVEN_UP = 16;

/**
 * Resolves each request in a thread that does nothing else meanwhile. Configs are read at one go, and who reads from a
 * disk that does not answer waits for good: such a thread is given up when its request is, and keeps nobody waiting.
 */
export class Resolvers implements AsyncDisposable {
  readonly #open: () => Remote<ResolverThread>;
  readonly #idle: Remote<ResolverThread>[] = [];
  readonly #waiting = new Set<() => void>();
  #busy = 0;
  #givenUp = 0;

  constructor(settings: ReachSettings) {
    const entry = new URL("./resolver-entry.ts", import.meta.url);
    this.#open = () => remote<ResolverThread>("resolver", entry, { setup: settings });
  }

  readonly resolve: Resolve = async (request, signal) => {
    const thread = await this.#take(signal);
    try {
      const job = await abortable(thread.resolve(request), signal);
      this.#idle.push(thread);
      return job;
    } catch (thrown) {
      const isLost = signal.aborted || PetageError.from(thrown).code === "PROCESS_FAILED";
      if (isLost) this.#giveUp(thread);
      else this.#idle.push(thread);
      throw thrown;
    } finally {
      this.#busy -= 1;
      for (const wake of this.#waiting) wake();
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread[Symbol.asyncDispose]()));
  }

  async #take(signal: AbortSignal): Promise<Remote<ResolverThread>> {
    while (this.#busy >= MAX_THREADS) await this.#freed(signal);
    const idle = this.#idle.pop();
    if (!idle && this.#givenUp >= MAX_GIVEN_UP) {
      throw new PetageError("RESOURCE_EXHAUSTED", `${this.#givenUp} jobs still wait for files that cannot be read`, {
        hint: "Look which disk of this machine does not answer, and start the controller anew",
      });
    }
    this.#busy += 1;
    return idle ?? this.#open();
  }

  async #freed(signal: AbortSignal): Promise<void> {
    let wake = (): void => {};
    const freed = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    await abortable(freed, signal).finally(() => this.#waiting.delete(wake));
  }

  /** It ends when it can, at once if it computes. */
  #giveUp(thread: Remote<ResolverThread>): void {
    this.#givenUp += 1;
    const end = async (): Promise<void> => {
      await thread[Symbol.asyncDispose]();
      this.#givenUp -= 1;
    };
    void end();
  }
}
