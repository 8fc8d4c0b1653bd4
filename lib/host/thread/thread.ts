import { parentPort, Worker, workerData, type Transferable } from "node:worker_threads";
import { assert, defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import { fromPlainError, toPlainError } from "#lib/host/plain-error.ts";
import type { PlainError } from "#lib/host/plain-error.ts";

/** Calls answered by `answerCalls` in a thread of its own. Messages are structured clones; SharedArrayBuffers are shared. */
export class Thread<Request, Response> implements AsyncDisposable {
  readonly #name: string;
  readonly #worker: Worker;
  readonly #calls = new Map<number, PromiseWithResolvers<Response>>();
  #nextCall = 0;
  #ended: PetageError | undefined;

  /**
   * @param entry module that calls `answerCalls`, TypeScript or not.
   * @param setup what `threadSetup` returns in the thread.
   */
  constructor(name: string, entry: URL, setup: unknown) {
    this.#name = name;
    this.#worker = spawnThread(entry, setup);
    this.#worker.on("message", (answer: Answer<Response>) => this.#settle(answer));
    this.#worker.on("error", (error) => this.#end(`ended by an error: ${error.message}`, error));
    this.#worker.on("exit", (code) => this.#end(`exited with code ${code}`));
  }

  /** Rejects with the thread's own error, or with PROCESS_FAILED if the thread ends before it answers. */
  call(request: Request, transfer: readonly Transferable[] = []): Promise<Response> {
    if (this.#ended) return Promise.reject(this.#ended);
    const call = withResolvers<Response>();
    this.#calls.set(this.#nextCall, call);
    this.#worker.postMessage({ call: this.#nextCall++, request } satisfies Question<Request>, transfer);
    return call.promise;
  }

  /** Ends the thread at once; calls under way are rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end("was stopped");
    await this.#worker.terminate();
  }

  #settle(answer: Answer<Response>): void {
    const call = this.#calls.get(answer.call);
    this.#calls.delete(answer.call);
    if (answer.error) call?.reject(fromPlainError(answer.error));
    else call?.resolve(answer.response as Response);
  }

  #end(how: string, cause?: unknown): void {
    this.#ended ??= new PetageError("PROCESS_FAILED", `The thread ${this.#name} ${how}`, { cause });
    for (const call of this.#calls.values()) call.reject(this.#ended);
    this.#calls.clear();
  }
}

/** Starts `entry` (a TypeScript module, if need be) in a worker thread. */
export function spawnThread(entry: URL, setup: unknown): Worker {
  const bootstrap = new URL("./bootstrap.mjs", import.meta.url);
  // Without execArgv the thread would inherit `--import tsx` and register it a second time.
  return new Worker(bootstrap, { workerData: { entry: entry.href, setup }, execArgv: [] });
}

/** Within a thread: what the one who spawned it passed on. */
export function threadSetup<Setup>(): Setup {
  return (workerData as { readonly setup: Setup }).setup;
}

/** Within a thread: answers each call of the `Thread` that spawned it; calls may overlap. */
export function answerCalls<Request, Response>(answer: (request: Request) => Promise<Response> | Response): void {
  const port = defined(parentPort, "the port of a thread");
  port.on("message", ({ call, request }: Question<Request>) => {
    Promise.resolve()
      .then(() => answer(request))
      .then(
        (response) => port.postMessage({ call, response } satisfies Answer<Response>),
        (thrown: unknown) => port.postMessage({ call, error: toPlainError(thrown) } satisfies Answer<Response>),
      );
  });
}

interface Question<Request> {
  readonly call: number;
  readonly request: Request;
}

interface Answer<Response> {
  readonly call: number;
  readonly response?: Response;
  readonly error?: PlainError;
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolvers: Omit<PromiseWithResolvers<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => (resolvers = { resolve, reject }));
  assert(resolvers, "a promise runs its executor at once");
  return { promise, ...resolvers };
}
