import { PetageError } from "#lib/base/errors.ts";
import type { Exit, ObservedWorker, WorkerName, WorkerState } from "#lib/jobs/job-state.ts";
import { workerLabel } from "#lib/jobs/job-state.ts";
import { DEFAULT_NATS_OUTAGE_MS } from "#lib/jobs/worker-environment.ts";
import type { WorkerEnvironment } from "#lib/jobs/worker-environment.ts";
import { keepNatsServer } from "./kept-nats-server.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "./processes.ts";
import type { OutputLine } from "./processes.ts";

export interface ProcessLauncherOptions {
  onLine(line: OutputLine): void;
  /** Something about a worker has changed. */
  onChange(): void;
}

interface Launched extends WorkerName {
  state: WorkerState;
  stop(graceMs: number): Promise<unknown>;
}

/** The launcher of one machine: the workers of a job are child processes. On Kubernetes they are pods. */
export class ProcessLauncher implements AsyncDisposable {
  readonly #options: ProcessLauncherOptions;
  readonly #workers: Launched[] = [];

  constructor(options: ProcessLauncherOptions) {
    this.#options = options;
  }

  observe(): ObservedWorker[] {
    return this.#workers.map(({ role, rank, attempt, state }) => ({ role, rank, attempt, process: state }));
  }

  start(worker: WorkerName, environment: WorkerEnvironment): void {
    const launched: Launched = { ...worker, state: { state: "starting" }, stop: async () => {} };
    this.#workers.push(launched);
    if (worker.role === "nats-server") void this.#startNats(launched, environment);
    else this.#startService(launched, environment);
  }

  stop(worker: WorkerName, graceMs: number): void {
    void this.#find(worker)?.stop(graceMs);
  }

  /** Forgets a process that has ended. */
  remove(worker: WorkerName): void {
    const found = this.#find(worker);
    if (found) this.#workers.splice(this.#workers.indexOf(found), 1);
  }

  #find({ role, rank, attempt }: WorkerName): Launched | undefined {
    return this.#workers.find((worker) => worker.role === role && worker.rank === rank && worker.attempt === attempt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(0)));
  }

  #set(launched: Launched, state: WorkerState): void {
    if (launched.state.state === "exited") return;
    launched.state = state;
    this.#options.onChange();
  }

  #startService(launched: Launched, environment: WorkerEnvironment): void {
    const name = workerLabel(launched);
    const running = startProcess({
      name,
      entry: serviceEntry(launched.role),
      environment,
      onLine: this.#options.onLine,
    });
    let stopping: Promise<unknown> | undefined;
    launched.stop = (graceMs) => (stopping ??= running.stop(graceMs));
    running.ready({ timeoutMs: STARTING_LIMIT_MS }).then(
      ({ address }) => this.#set(launched, { state: "ready", address: String(address) }),
      () => void launched.stop(0), // it has ended, or hangs; its exit says
    );
    void running.exited.then(({ exitCode, signal, error }) => {
      const exit: Exit = { code: exitCode, signal, at: Date.now(), message: error?.describe() ?? "" };
      this.#set(launched, { state: "exited", exit });
    });
  }

  async #startNats(launched: Launched, { PETAGE_NATS_OUTAGE_MS: outage }: WorkerEnvironment): Promise<void> {
    const onEnd = (line: string): void =>
      this.#options.onLine({ worker: workerLabel(launched), stream: "stderr", line });
    try {
      const outageMs = outage === undefined ? DEFAULT_NATS_OUTAGE_MS : Number(outage);
      const server = await keepNatsServer({ outageMs, onEnd });
      launched.stop = async () => await server[Symbol.asyncDispose]();
      this.#set(launched, { state: "ready", address: server.url });
      const { exitCode, signal } = await server.exited;
      const message = "it could not be started again";
      this.#set(launched, { state: "exited", exit: { code: exitCode, signal, at: Date.now(), message } });
    } catch (error) {
      const message = PetageError.from(error).describe();
      this.#set(launched, { state: "exited", exit: { code: 1, signal: null, at: Date.now(), message } });
    }
  }
}

/** Loading a large model takes a while; a process that is not ready after this long will never be. */
const STARTING_LIMIT_MS = 120_000;
