import { spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import { delay } from "#lib/system/clock.ts";
import { programPath } from "./binaries.ts";
import { isRunning, killGroup, processIdentity } from "./process-identity.ts";
import { writeState } from "./slot.ts";
import type { ClusterState, Slot } from "./slot.ts";

const POLL_INTERVAL_MS = 50;
/** Lines of a log that an error quotes. */
const QUOTED_LINES = 8;

export interface StartOptions {
  /** What comes before the program: `["nsenter", ...]`. */
  readonly inside?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A channel for messages between us and it, as `child_process` has it. */
  readonly channel?: boolean;
}

/** The processes of one cluster. Each is recorded in its state as soon as it lives, and logs into its folder. */
export class ClusterProcesses {
  readonly #slot: Slot;
  readonly #path: string;
  readonly #children = new Map<string, ChildProcess>();
  readonly #started = new Map<string, readonly [command: readonly string[], options: StartOptions]>();
  #state: ClusterState;

  constructor(slot: Slot, state: ClusterState, path: string) {
    this.#slot = slot;
    this.#state = state;
    this.#path = path;
  }

  /** Starts a program. It gets no variables of ours, proxies least of all. */
  start(name: string, command: readonly string[], options: StartOptions = {}): ChildProcess {
    const { inside = [], environment = {}, channel = false } = options;
    const log = openSync(this.logOf(name), "a");
    const stdio: StdioOptions = ["ignore", log, log, ...(channel ? (["ipc"] as const) : [])];
    const [program = "", ...args] = [...this.#tether(), ...inside, ...command];
    const child = spawn(program, args, {
      cwd: this.#slot.folder,
      env: { PATH: this.#path, HOME: this.#slot.folder, ...environment },
      stdio,
      detached: true, // Ctrl-C is for us; what it started ends with its group
    });
    closeSync(log);
    child.on("error", () => undefined); // seen by `ensureAlive`
    child.unref();
    this.#children.set(name, child);
    this.#started.set(name, [command, options]);
    if (child.pid !== undefined) {
      this.#record({ processes: [...this.#state.processes, { name, ...processIdentity(child.pid) }] });
    }
    return child;
  }

  /** Ends one of them at once, as a crash would. */
  async kill(name: string): Promise<void> {
    const running = this.#state.processes.filter((each) => each.name === name);
    for (const each of running) killGroup(each, "SIGKILL");
    this.#children.delete(name);
    this.#record({ processes: this.#state.processes.filter((each) => each.name !== name) });
    await this.until(`${name} is gone`, () => !running.some((each) => isRunning(each)));
  }

  /** Ends one of them and starts it again. */
  async restart(name: string): Promise<void> {
    const [command, options] = defined(this.#started.get(name), `process ${name}`);
    await this.kill(name);
    this.start(name, command, options);
  }

  markReady(): void {
    this.#record({ ready: true });
  }

  logOf(name: string): string {
    return join(this.#slot.folder, `${name}.log`);
  }

  /** Waits for a condition; fails when it takes too long, or when one of the processes has ended meanwhile. */
  async until<T>(
    what: string,
    condition: () => T | Promise<T>,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<NonNullable<Exclude<T, false>>> {
    const { timeoutMs = 60_000, signal } = options;
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      this.#ensureAlive();
      const found = await condition();
      if (found !== undefined && found !== null && found !== false) return found as NonNullable<Exclude<T, false>>;
      if (performance.now() > deadlineMs) {
        throw new PetageError("DEADLINE_EXCEEDED", `Not after ${timeoutMs} ms: ${what}`, {
          hint: `See the logs in ${this.#slot.folder}`,
        });
      }
      await delay(POLL_INTERVAL_MS, signal);
    }
  }

  #ensureAlive(): void {
    for (const [name, { pid, exitCode, signalCode }] of this.#children) {
      if (pid !== undefined && exitCode === null && signalCode === null) continue;
      const lines = readFileSync(this.logOf(name), "utf8").trim().split("\n").slice(-QUOTED_LINES);
      const how = pid === undefined ? "cannot be run" : `ended with ${exitCode ?? signalCode}`;
      throw new PetageError("PROCESS_FAILED", `${name} of the test cluster ${how}:\n${lines.join("\n")}`);
    }
  }

  /** The kernel ends the processes of an owned cluster with the owner, even when that gets SIGKILL. */
  #tether(): readonly string[] {
    const setpriv = this.#state.owner === undefined ? undefined : programPath("setpriv");
    return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
  }

  #record(change: Partial<ClusterState>): void {
    this.#state = { ...this.#state, ...change };
    writeState(this.#slot.folder, this.#state);
  }
}
