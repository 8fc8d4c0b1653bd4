import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { Deadline } from "#lib/system/deadline.ts";
import type { Outcome, Question } from "./child.ts";

/** The process ended, or it had no answer in time; both end it. */
export interface Failure {
  readonly kind: "crash" | "hang";
  readonly how: string;
}

export interface Timed {
  readonly outcome: Outcome | Failure;
  readonly ms: number;
}

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** Decodes images in a process of its own, which is started again after it has died. */
export class Decoder implements AsyncDisposable {
  readonly #limits: ImageLimits;
  #child: ChildProcess | undefined;

  constructor(limits: ImageLimits) {
    this.#limits = limits;
  }

  /** Of the process that decoded last. */
  get pid(): number {
    return this.#child?.pid ?? NaN;
  }

  /** @param limitMs how long it may take. */
  async decode(bytes: Uint8Array, limitMs: number): Promise<Timed> {
    const child = (this.#child ??= await start());
    const over = new AbortController();
    using deadline = new Deadline(limitMs);
    const signal = AbortSignal.any([deadline.signal, over.signal]);
    const started = performance.now();
    const ended = once(child, "exit", { signal }).then(([code, by]): Failure => ({
      kind: "crash",
      how: `${by ?? code}`,
    }));
    const answered = once(child, "message", { signal }).then(([outcome]) => outcome as Outcome);
    child.send({ bytes, limits: this.#limits } satisfies Question);
    const hang: Failure = { kind: "hang", how: `nothing in ${limitMs} ms` };
    const outcome = await Promise.race([answered, ended]).catch(() => hang);
    over.abort(); // whichever of the two did not come is no longer listened for
    await Promise.allSettled([answered, ended]);
    if (outcome.kind === "crash" || outcome.kind === "hang") await this[Symbol.asyncDispose]();
    return { outcome, ms: performance.now() - started };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

async function start(): Promise<ChildProcess> {
  const child = fork(CHILD, { execArgv: ["--import", "tsx"], serialization: "advanced" });
  await once(child, "message");
  return child;
}
