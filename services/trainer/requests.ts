import { PetageError } from "#lib/base/errors.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Handlers, Hook, RunControl } from "#lib/train/hook.ts";
import type { CheckpointMessage, Reporter } from "./reporter.ts";

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: PetageError): void;
}

/** What callers ask of a running worker; it is done between two steps, where weights and progress agree. */
export class Requests {
  readonly #reporter: Reporter;
  readonly #saves: Waiting<CheckpointMessage>[] = [];
  readonly #stops: Waiting<CheckpointMessage | undefined>[] = [];
  #saveOnStop = false;
  #over: PetageError | undefined;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** A checkpoint after the step in progress. */
  save(): Promise<CheckpointMessage> {
    return new Promise((resolve, reject) => {
      if (this.#over) reject(this.#over);
      else this.#saves.push({ resolve, reject });
    });
  }

  /** The end after the step in progress; answers when training has ended. */
  stop({ save }: { readonly save: boolean }): Promise<CheckpointMessage | undefined> {
    this.#saveOnStop ||= save;
    this.#reporter.enter("TRAINER_PHASE_STOPPING");
    return new Promise((resolve, reject) => {
      if (this.#over) resolve(undefined);
      else this.#stops.push({ resolve, reject });
    });
  }

  /** Training has ended; nobody waits any longer. */
  end(error?: PetageError): void {
    this.#over = error ?? new PetageError("FAILED_PRECONDITION", "Training has ended");
    for (const waiting of this.#saves.splice(0)) waiting.reject(this.#over);
    const last = this.#saveOnStop ? (this.#reporter.status.lastCheckpoint ?? undefined) : undefined;
    for (const waiting of this.#stops.splice(0)) waiting.resolve(last);
  }

  hook(): Hook {
    const serve: Handlers["beforeEpoch"] = async ({ run }, control) => {
      const ends = this.#stops.length > 0;
      if (ends) control.stop("TrainerService.Stop");
      const savesLast = ends && this.#saveOnStop && run.saved?.step !== run.step;
      if (this.#saves.length > 0 || savesLast) await this.#save(`iter_${run.step}`, control);
    };
    return {
      name: "Requests",
      priority: PRIORITIES.LOWEST,
      beforeEpoch: serve,
      afterIteration: serve,
      afterEpoch: serve,
      afterRun: serve,
    };
  }

  async #save(name: string, control: RunControl): Promise<void> {
    const waiting = this.#saves.splice(0);
    try {
      await control.save(name);
      const checkpoint = this.#reporter.status.lastCheckpoint;
      if (checkpoint) for (const { resolve } of waiting) resolve(checkpoint);
    } catch (thrown) {
      for (const { reject } of waiting) reject(PetageError.from(thrown));
    }
  }
}
