import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { claimFolder } from "#lib/system/folders.ts";
import { writeNamed } from "#lib/system/naming.ts";
import type { OutputLine } from "#lib/host/process/processes.ts";
import type { Facts } from "#lib/jobs/facts.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import { POLL_INTERVAL_MS, reconcile, write } from "#lib/jobs/reconcile.ts";
import type { Pass, Track } from "#lib/jobs/reconcile.ts";
import type { TrainingJob } from "#lib/jobs/training-job.ts";
import { MachineLauncher } from "./launcher.ts";
import { Access } from "#lib/rpc/access/access.ts";
import type { OnStatusChange } from "../metrics.ts";
import { LogFile } from "./log-file.ts";
import { LogBuffer } from "./logs.ts";
import { followProgress } from "./progress.ts";
import type { Reach } from "./reach.ts";
import type { ResolvedRun } from "./resolve.ts";

/** A pass may come earlier than asked for; a timer cannot wait for months. */
const MAX_DELAY_MS = 24 * 60 * 60 * 1000;

export interface JobOptions {
  readonly job: TrainingJob;
  readonly run: ResolvedRun;
  /** A NATS server to use instead of one of the job's own. */
  readonly natsUrl: string | undefined;
  readonly root: string;
  readonly reach: Reach;
  readonly log: Log;
  /** Aborts when nobody waits for the job any more; then it is not begun. */
  readonly signal: AbortSignal;
  /** Hears of every status. */
  readonly onStatus: OnStatusChange;
  /** The job has changed in a way that a watcher should see. */
  onChange(): void;
}

/** The controller of one job: a pass whenever something has changed, one after the other, until it has ended. */
export class JobController implements AsyncDisposable {
  readonly logs = new LogBuffer();
  readonly #options: JobOptions;
  readonly #launcher: MachineLauncher;
  readonly #logFile: LogFile;
  readonly #track: Track = { facts: {}, attempt: undefined, unwrittenSince: undefined };
  /** Ends with the last pass that was asked for. */
  #passes: Promise<void> = Promise.resolve();
  #isAsked = false;
  #followedAttempt: number | undefined;
  #isDisposed = false;
  #timer: NodeJS.Timeout | undefined;
  #sequence = 0;

  private constructor(options: JobOptions) {
    const { runDir } = options.run;
    this.#options = options;
    this.#logFile = new LogFile(join(runDir, `${basename(runDir)}.log`), options.log);
    this.#launcher = new MachineLauncher({
      ...options,
      onLine: (line) => this.#line(line),
      onWorker: () => void this.reconcile(),
      onStatus: (change) => {
        options.onStatus(change);
        this.#changed(change.job);
      },
    });
  }

  /** Writes the run's folder and begins. */
  static async start(options: JobOptions): Promise<JobController> {
    const runDir = await folderFor(options);
    const run = { ...options.run, runDir };
    try {
      await writeConfig(run);
      options.signal.throwIfAborted();
    } catch (thrown) {
      await rm(runDir, { recursive: true, force: true });
      throw thrown;
    }
    const controller = new JobController({ ...options, run });
    for (const warning of run.warnings) options.log.warn(warning, { job: options.job.metadata.name });
    await controller.reconcile();
    return controller;
  }

  get job(): TrainingJob {
    return this.#launcher.job;
  }

  /** Rises with every change of the status. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Asks for the end, and waits until that is under way. */
  async cancel(): Promise<void> {
    this.#launcher.cancel();
    await this.reconcile();
  }

  /** Passes over the job, after the pass that is under way. One that waits already will see what this one would. */
  async reconcile(): Promise<void> {
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#passes = this.#passes.then(() => this.#pass());
    }
    await this.#passes;
  }

  async #pass(): Promise<void> {
    this.#isAsked = false;
    clearTimeout(this.#timer);
    if (this.#isDisposed) return await write(this.#next(), this.#launcher);
    try {
      this.#passAgain(await reconcile(this.#next(), this.#launcher));
      this.#followTrainer();
    } catch (thrown) {
      const error = PetageError.from(thrown).describe();
      this.#options.log.error("Reconciling failed; trying again", { job: this.job.metadata.name, error });
      this.#passAgain(POLL_INTERVAL_MS);
    }
  }

  #passAgain(delayMs: number | undefined): void {
    if (delayMs === undefined) return;
    this.#timer = setTimeout(() => void this.reconcile(), Math.min(delayMs, MAX_DELAY_MS));
  }

  #next(): Pass {
    return { name: this.job.metadata.name, track: this.#track, status: this.#launcher.kept() };
  }

  #changed({ status, metadata: { name } }: TrainingJob): void {
    this.#sequence += 1;
    this.#options.onChange();
    if (!isTerminal(status?.phase) || this.#logFile.isEnded) return;
    this.logs.end();
    this.#logFile.end();
    this.#options.log.info("Job ended", { job: name, phase: status.phase, message: status.message });
  }

  #line(line: OutputLine): void {
    const stream = line.stream === "stdout" ? "LOG_STREAM_STDOUT" : "LOG_STREAM_STDERR";
    this.logs.add({ ...line, stream, time: new Date() });
    this.#logFile.add(`${line.worker} | ${line.line}`);
  }

  /** Rank 0 says how training goes; its connection ends with it. */
  #followTrainer(): void {
    const { attempt = 0 } = this.job.status ?? {};
    const address = this.#launcher.addressOf({ role: "trainer", rank: 0, attempt });
    if (address === "" || this.#followedAttempt === attempt) return;
    this.#followedAttempt = attempt;
    const update = (change: (facts: Facts) => Facts): void => {
      this.#track.facts = change(this.#track.facts);
      void this.reconcile();
    };
    const { uid: job = "" } = this.job.metadata;
    void followProgress({ address, access: new Access({ jobKey: this.#launcher.jobKey }), job }, update).catch(
      () => {},
    ); // its end is seen as its process's
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#launcher[Symbol.asyncDispose]();
    await this.reconcile();
  }
}

async function writeConfig({ runDir, configName, configText, python }: ResolvedRun): Promise<void> {
  await writeNamed(join(runDir, `${configName}.py`), python);
  await writeNamed(join(runDir, "config.json"), configText);
}

async function folderFor({ run: { runDir }, signal }: JobOptions): Promise<string> {
  signal.throwIfAborted();
  try {
    return await claimFolder(runDir);
  } catch (thrown) {
    const message = `Cannot make the folder ${runDir} of the run: ${PetageError.from(thrown).message}`;
    throw new PetageError("INVALID_ARGUMENT", message, { cause: thrown, hint: "Choose another work_dir" });
  }
}
