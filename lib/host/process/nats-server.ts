import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentLog } from "#lib/base/log.ts";
import { systemClock } from "#lib/system/clock.ts";

import { findNatsServer } from "./nats-server-binary.ts";

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 5_000;

export interface NatsServerOptions {
  /** 0 (the default) takes any free port. */
  readonly port?: number;
  /** The server listens here only; the default is reachable from this machine alone. */
  readonly host?: string;
  /** Turns JetStream on and keeps its files there. */
  readonly storeDir?: string;
  /** A nats-server configuration file, for what has no option here. */
  readonly configFile?: string;
  /** Lets in only who has the URL of this server, with the password in it; not together with `configFile`. */
  readonly secured?: boolean;
  /** Of a secured server, where it must be a certain one: see `newPassword`. */
  readonly password?: string;
  /** The executable; by default the one that `findNatsServer` finds. */
  readonly path?: string;
  readonly signal?: AbortSignal;
  readonly log?: Log;
}

export interface NatsServer extends AsyncDisposable {
  /** With credentials where it is secured: for the environment of children, not for logs. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** How the process ended, for whatever reason. */
  readonly exited: Promise<NatsServerExit>;
}

export interface NatsServerExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Starts a nats-server as a child that ends with this process, and waits until it accepts clients.
 * @throws PORT_IN_USE when the port is taken; PROCESS_FAILED when the server ends or does not become ready.
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const { port = 0, host = "127.0.0.1", log = silentLog, signal } = options;
  const path = options.path ?? (await findNatsServer()).path;
  signal?.throwIfAborted();
  const password = options.secured ? (options.password ?? newPassword()) : undefined;
  const child = spawnWithParent(path, argumentsOf(options), password);
  const exited = exitOf(child);
  const stop = (): Promise<void> => stopChild(child, exited);
  try {
    const boundPort = await ready(child, { path, port, log, exited, ...(signal && { signal }) });
    return {
      url: `nats://${password === undefined ? "" : `${USER}:${password}@`}${host}:${boundPort}`,
      port: boundPort,
      pid: child.pid as number,
      exited,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As nats-server.conf has it. */
const USER = "petage";
const PASSWORD_BYTES = 24;

/** It begins with a letter, since nats-server would read digits as a number. */
export function newPassword(): string {
  return `p${randomBytes(PASSWORD_BYTES).toString("hex")}`;
}

function argumentsOf({ port = 0, host = "127.0.0.1", configFile, storeDir, secured }: NatsServerOptions): string[] {
  const config = secured ? fileURLToPath(new URL("nats-server.conf", import.meta.url)) : configFile;
  return [
    "--addr",
    host,
    "--port",
    String(port === 0 ? -1 : port),
    ...(config === undefined ? [] : ["--config", config]),
    ...(storeDir === undefined ? [] : ["--jetstream", "--store_dir", storeDir]),
  ];
}

async function exitOf(child: ChildProcess): Promise<NatsServerExit> {
  try {
    const [exitCode, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return { exitCode, signal };
  } catch {
    return { exitCode: 127, signal: null }; // it could not be run
  }
}

/** On Linux the kernel kills the child with its parent (prctl PDEATHSIG), even when the parent gets SIGKILL. */
function spawnWithParent(path: string, args: readonly string[], password?: string): ChildProcess {
  const env = { ...process.env, ...(password !== undefined && { NATS_PASSWORD: password }) };
  const options: SpawnOptions = { stdio: ["ignore", "ignore", "pipe"], env };
  const shell = 'if command -v setpriv >/dev/null; then exec setpriv --pdeathsig KILL -- "$0" "$@"; fi; exec "$0" "$@"';
  const child =
    process.platform === "linux" ? spawn("/bin/sh", ["-c", shell, path, ...args], options) : spawn(path, args, options);
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("close", () => process.removeListener("exit", kill));
  return child;
}

interface Readiness {
  readonly path: string;
  readonly port: number;
  readonly log: Log;
  readonly exited: Promise<unknown>;
  readonly signal?: AbortSignal;
}

/** Follows the server's log for as long as it lives; resolves with the port once it says that it is ready. */
function ready(child: ChildProcess, { path, port, log, exited, signal }: Readiness): Promise<number> {
  return new Promise((resolve, reject) => {
    let boundPort: number | undefined;
    let lastLine = "it said nothing";
    const fail = (what: string): void =>
      reject(new PetageError("PROCESS_FAILED", `nats-server ("${path}") ${what}: ${lastLine}`));
    const timer = setTimeout(() => fail(`was not ready after ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    signal?.addEventListener("abort", () => reject(PetageError.from(signal.reason)), { once: true });
    child.once("error", (error) => reject(new PetageError("PROCESS_FAILED", `Cannot run "${path}"`, { cause: error })));
    void exited.then(() => {
      clearTimeout(timer);
      fail("ended");
    });
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      const { level, text } = parseLine(line);
      log[level]("nats-server", { line: text });
      lastLine = text;
      if (text.includes("address already in use")) reject(portInUse(port));
      boundPort ??= numberIn(/Listening for client connections on .*:(\d+)$/.exec(text));
      if (boundPort !== undefined && text.includes("Server is ready")) {
        clearTimeout(timer);
        resolve(boundPort);
      }
    });
  });
}

function parseLine(line: string): { level: "debug" | "warn" | "error"; text: string } {
  const [, mark, text] = /^\[\d+\] \S+ \S+ \[(\w+)\] (.*)$/.exec(line) ?? [];
  const level = mark === "ERR" || mark === "FTL" ? "error" : mark === "WRN" ? "warn" : "debug";
  return { level, text: text ?? line };
}

function numberIn(match: RegExpExecArray | null): number | undefined {
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function portInUse(port: number): PetageError {
  return new PetageError("PORT_IN_USE", `Cannot start nats-server: port ${port} is taken by another process`, {
    hint: "Choose another port, or 0 for any free one",
  });
}

/** Asks the server to end, and makes it after a while. */
async function stopChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  using _forced = systemClock.after(STOP_TIMEOUT_MS, () => void child.kill("SIGKILL"));
  await exited;
}
