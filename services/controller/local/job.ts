import { createWriteStream } from "node:fs";
import type { WriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { dumpPython } from "#lib/config/dump.ts";
import { serializeConfig } from "#lib/config/serialize.ts";
import { availableCores, decoderEnvironment, shareCores, threadEnvironment } from "#lib/host/cores.ts";
import { claimFolder } from "#lib/host/folders.ts";
import { ProcessLauncher } from "#lib/host/process-launcher.ts";
import { dial } from "#lib/rpc/client.ts";
import { readCheckpointMeta } from "#lib/store/checkpoint-folder.ts";
import { INITIAL_STATUS, isTerminal } from "#lib/jobs/job-state.ts";
import { CONTINUE, continueCommand } from "#lib/jobs/command-line.ts";
import { plan } from "#lib/jobs/plan.ts";
import { workerEnvironment } from "#lib/jobs/worker-environment.ts";
import type { WorkerEnvironment } from "#lib/jobs/worker-environment.ts";
import type { Action, JobSpec, JobStatus, ObservedWorker, Role, WorkerName } from "#lib/jobs/job-state.ts";
import type { StreamMetricsResponse__Output } from "#proto/petage/v1/StreamMetricsResponse.ts";
import type { JobDefinition } from "./job-spec.ts";
import { LogBuffer } from "./log-buffer.ts";
import { Measurements } from "../measurements.ts";

/** How often a job is looked at when nothing has changed: graces and deadlines run out by themselves. */
const RESYNC_INTERVAL_MS = 250;

export interface JobOptions {
  readonly definition: JobDefinition;
  /** A NATS server to use instead of one of the job's own. */
  readonly natsUrl: string | undefined;
  readonly root: string;
  readonly log: Log;
  /** Aborts when nobody waits for the job any more; then it is not begun. */
  readonly signal: AbortSignal;
  /** The job has changed in a way that a watcher should see. */
  onChange(job: Job): void;
}

/** One training job: observe, plan, act, until its phase is terminal. */
export class Job {
  readonly definition: JobDefinition;
  readonly logs = new LogBuffer();
  readonly measurements: Measurements;
  readonly #options: JobOptions;
  readonly #launcher: ProcessLauncher;
  readonly #spec: JobSpec;
  readonly #timer: NodeJS.Timeout;
  readonly #logFile: WriteStream;
  #status: JobStatus = INITIAL_STATUS;
  #followedAttempt = -1;
  #cancelRequested = false;
  #sequence = 1;

  private constructor(options: JobOptions, logFile: WriteStream) {
    const { definition, natsUrl } = options;
    this.definition = definition;
    this.#options = options;
    this.#logFile = logFile;
    this.measurements = new Measurements(definition);
    this.#spec = {
      name: definition.name,
      workers: definition.workers,
      minWorkers: definition.workers,
      maxRestarts: definition.maxRestarts,
      rules: definition.rules,
      ownNatsServer: natsUrl === undefined && definition.workers > 1,
      evaluator: definition.validates,
      startsTogether: false,
      startTimeoutMs: null,
      activeDeadlineMs: definition.activeDeadlineMs,
      ttlMs: null,
      cleanPolicy: "Running",
      backoff: { firstMs: 0, maximumMs: 0 },
      continueHint: "",
    };
    this.#launcher = new ProcessLauncher({
      environmentOf: (worker) => this.#environmentOf(worker),
      onLine: (line) => this.#line({ ...line, time: new Date() }),
      onChange: () => this.reconcile(),
    });
    this.#timer = setInterval(() => this.reconcile(), RESYNC_INTERVAL_MS);
  }

  /** Writes the run's folder and begins. */
  static async start(options: JobOptions): Promise<Job> {
    const runDir = await folderFor(options);
    const definition = { ...options.definition, runDir };
    try {
      await writeConfig(definition);
      options.signal.throwIfAborted();
    } catch (thrown) {
      await rm(runDir, { recursive: true, force: true });
      throw thrown;
    }
    const job = new Job(
      { ...options, definition },
      createWriteStream(join(runDir, `${basename(runDir)}.log`), { flags: "a" }),
    );
    for (const warning of definition.warnings) options.log.warn(warning, { job: definition.name });
    job.reconcile();
    return job;
  }

  get status(): JobStatus {
    return this.#status;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get workers(): readonly ObservedWorker[] {
    return this.#launcher.observe();
  }

  /** Asks for the end; the plan sees to it. */
  cancel(): void {
    this.#cancelRequested = true;
    this.reconcile();
  }

  /** Looks at everything and does what the plan says, until there is nothing left to do now. */
  reconcile(): void {
    if (isTerminal(this.#status.phase) && this.workers.every(({ process }) => process.state === "exited")) return;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const observed = {
        spec: { ...this.#spec, continueHint: this.#continueHint() },
        status: this.#status,
        workers: this.workers,
        cancelRequested: this.#cancelRequested,
        suspendRequested: false,
        checkpointStep: Number(this.measurements.lastCheckpoint?.step ?? 0),
      };
      const actions = plan(observed, Date.now());
      for (const action of actions) this.#execute(action);
      if (!actions.some((action) => action.kind === "set-status")) break;
    }
    this.#followTrainers();
  }

  /** A checkpoint of its own is the newest of the work dir; without one, it goes on from where it began. */
  #continueHint(): string {
    const continuation = this.definition.continuation(this.definition.runDir);
    return `${CONTINUE}${continueCommand(this.measurements.lastCheckpoint ? { ...continuation, resume: true } : continuation)}`;
  }

  #execute(action: Action): void {
    switch (action.kind) {
      case "start":
        return this.#launcher.start(action.worker);
      case "stop":
        return this.#launcher.stop(action.worker, action.graceMs);
      case "remove":
        return this.#launcher.remove(action.worker);
      case "admit":
      case "delete-job":
        return; // there is one machine, and its jobs stay listed
      case "set-status":
        this.#status = action.status;
        this.#changed();
        if (isTerminal(action.status.phase)) this.#end();
    }
  }

  #changed(): void {
    this.#sequence += 1;
    this.#options.onChange(this);
  }

  #line(line: Parameters<LogBuffer["add"]>[0]): void {
    this.logs.add(line);
    this.#logFile.write(`${line.worker} | ${line.line}\n`);
  }

  #end(): void {
    clearInterval(this.#timer);
    this.logs.end();
    this.#logFile.end();
    const { phase, message } = this.#status;
    this.#options.log.info("Job ended", { job: this.definition.name, phase, message });
  }

  /** Rank 0 tells how training goes; its connection ends with it. */
  #followTrainers(): void {
    const address = this.#addressOf("trainer");
    if (address === "" || this.#followedAttempt === this.#status.attempt) return;
    this.#followedAttempt = this.#status.attempt;
    void this.#follow(address).catch(() => {}); // its end is seen as its process's
  }

  async #follow(address: string): Promise<void> {
    await using client = dial(address, "TrainerService");
    const best = (await client.getStatus({})).bestCheckpoint?.uri;
    if (best) this.measurements.recallBest(best, (await readCheckpointMeta(best)).metrics);
    const events: AsyncIterable<StreamMetricsResponse__Output> = client.streamMetrics({});
    for await (const event of events) {
      this.measurements.take(event);
      this.#changed();
    }
  }

  /** Where the process of a role serves, of trainers the one of rank 0; empty until it is ready. */
  #addressOf(role: Role): string {
    const worker = this.workers.find(
      (candidate) => candidate.role === role && candidate.rank === 0 && candidate.attempt === this.#status.attempt,
    );
    return worker?.process.state === "ready" ? worker.process.address : "";
  }

  #environmentOf(worker: WorkerName): WorkerEnvironment {
    const { definition, root, natsUrl } = this.#options;
    const cores = availableCores();
    const shares = shareCores(cores, definition.workers);
    const { runDir, workDir, loadFrom = "" } = definition;
    const common: WorkerEnvironment = {
      ...workerEnvironment(worker, {
        job: definition,
        configPath: join(runDir, "config.json"),
        natsUrl: natsUrl ?? this.#addressOf("nats-server"),
        size: definition.workers,
        workDir,
        runDir,
        loadFrom,
        resumeFrom: this.measurements.resumeFrom || (definition.resumeFrom ?? ""),
      }),
      PETAGE_LOG_LEVEL: "info", // not the controller's own
      PETAGE_LOG: "pretty",
    };
    if (worker.role === "data-loader") {
      return { ...common, PETAGE_DATA_ROOT: root, ...decoderEnvironment(shares.loaderWorkers) };
    }
    const loader: WorkerEnvironment = { ...common, PETAGE_DATA_LOADER: this.#addressOf("data-loader") };
    if (worker.role === "evaluator") return { ...loader, ...threadEnvironment(shares.evaluatorThreads) };
    const evaluator = definition.validates ? this.#addressOf("evaluator") : "";
    return { ...loader, PETAGE_EVALUATOR: evaluator, ...threadEnvironment(shares.trainerThreads) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#launcher[Symbol.asyncDispose]();
  }
}

async function writeConfig({ runDir, configName, config }: JobDefinition): Promise<void> {
  await writeFile(join(runDir, `${configName}.py`), dumpPython(config.python));
  await writeFile(join(runDir, "config.json"), serializeConfig({ name: configName, config }));
}

async function folderFor({ definition: { runDir }, signal }: JobOptions): Promise<string> {
  signal.throwIfAborted();
  try {
    return await claimFolder(runDir);
  } catch (thrown) {
    const message = `Cannot make the folder ${runDir} of the run: ${PetageError.from(thrown).message}`;
    throw new PetageError("INVALID_ARGUMENT", message, { cause: thrown, hint: "Choose another work_dir" });
  }
}

/** Status changes that one look may lead to; more would be a plan that does not settle. */
const MAX_ROUNDS = 8;
