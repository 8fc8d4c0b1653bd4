import { randomBytes } from "node:crypto";
import { delimiter, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { availableCores, decoderEnvironment, shareCores, threadEnvironment } from "#lib/host/process/cores.ts";
import { ProcessLauncher } from "#lib/host/process/process-launcher.ts";
import type { OutputLine } from "#lib/host/process/processes.ts";
import { resultOf } from "#lib/jobs/facts.ts";
import type { Facts } from "#lib/jobs/facts.ts";
import { CONTINUE, continueCommand } from "#lib/jobs/command-line.ts";
import { jobSpecOf } from "#lib/jobs/job-spec.ts";
import { nameOf } from "#lib/jobs/job-state.ts";
import type { Instant, JobSpec, JobStatus, Observed, ObservedWorker, Role, WorkerName } from "#lib/jobs/job-state.ts";
import { continuationOf } from "#lib/jobs/machine-job.ts";
import { STOP_GRACE_MS } from "#lib/jobs/plan.ts";
import type { Launcher, Pass } from "#lib/jobs/reconcile.ts";
import { readStatus, writeStatus } from "#lib/jobs/status.ts";
import type { TrainingJob } from "#lib/jobs/training-job.ts";
import { workerEnvironment } from "#lib/jobs/worker-environment.ts";
import type { WorkerEnvironment } from "#lib/jobs/worker-environment.ts";
import type { OnStatusChange } from "../metrics.ts";
import type { Reach } from "./reach.ts";
import type { ResolvedRun } from "./resolve.ts";

const JOB_KEY_BYTES = 32;

export interface MachineLauncherOptions {
  readonly job: TrainingJob;
  readonly run: ResolvedRun;
  /** A NATS server to use instead of one of the job's own. */
  readonly natsUrl: string | undefined;
  readonly root: string;
  /** Where the files that its config names may lie. */
  readonly reach: Pick<Reach, "reads">;
  onLine(line: OutputLine): void;
  /** Something about a worker has changed. */
  onWorker(): void;
  /** The status has changed. */
  onStatus: OnStatusChange;
}

/** The launcher of one machine, for one job: workers are child processes, and the status is kept in memory. */
export class MachineLauncher implements Launcher<Pass>, AsyncDisposable {
  readonly #options: MachineLauncherOptions;
  readonly #processes: ProcessLauncher;
  readonly writeIntervalMs = 0;
  #job: TrainingJob;
  /** Of this job alone; its processes have it from here, so nobody else on this machine may stop or feed them. */
  readonly jobKey = randomBytes(JOB_KEY_BYTES).toString("base64url");

  constructor(options: MachineLauncherOptions) {
    const { job, onLine, onWorker } = options;
    this.#options = options;
    this.#job = job;
    this.#processes = new ProcessLauncher({ onLine, onChange: onWorker });
  }

  get job(): TrainingJob {
    return this.#job;
  }

  now(): Instant {
    return Date.now();
  }

  observe({ status, track }: Pass): Observed {
    const { cancel = false } = this.#job.spec.runPolicy ?? {};
    return {
      spec: this.#spec(track.facts),
      status,
      workers: this.#processes.observe(),
      cancelRequested: cancel,
      suspendRequested: false,
      checkpointStep: track.facts.lastCheckpoint?.step ?? 0,
      outage: track.facts.outage,
    };
  }

  kept(): JobStatus {
    return readStatus(this.#job);
  }

  async write({ status, track }: Pass): Promise<void> {
    const facts = { ...track.facts, result: resultOf(track.facts) };
    const workers = this.#processes.observe();
    const { runDir } = this.#options.run;
    const next = writeStatus({ job: this.#job, status, workers, facts, runDir, now: this.now() });
    if (isDeepStrictEqual(next, this.#job.status)) return;
    const before = this.kept();
    this.#job = { ...this.#job, status: next };
    this.#options.onStatus({ job: this.#job, before, now: status, at: this.now() });
  }

  /** Asks for the end of the job; the plan sees to it. */
  cancel(): void {
    const { spec } = this.#job;
    this.#job = { ...this.#job, spec: { ...spec, runPolicy: { ...spec.runPolicy, cancel: true } } };
  }

  async start(pass: Pass, workers: readonly WorkerName[]): Promise<void> {
    for (const worker of workers) this.#processes.start(worker, this.#environmentOf(worker, pass));
  }

  async stop(_pass: Pass, workers: readonly WorkerName[]): Promise<void> {
    for (const worker of workers) this.#processes.stop(worker, STOP_GRACE_MS);
  }

  async remove(_pass: Pass, workers: readonly WorkerName[]): Promise<void> {
    for (const worker of workers) this.#processes.remove(worker);
  }

  /** Where a worker serves; empty until it is ready. */
  addressOf(worker: WorkerName): string {
    const isIt = (seen: ObservedWorker): boolean => isDeepStrictEqual(nameOf(seen), nameOf(worker));
    const process = this.#processes.observe().find(isIt)?.process;
    return process?.state === "ready" ? process.address : "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes[Symbol.asyncDispose]();
  }

  #spec({ lastCheckpoint }: Facts): JobSpec {
    const { run, natsUrl } = this.#options;
    const { workers = 1 } = this.#job.spec;
    return jobSpecOf(this.#job, run, {
      ownNatsServer: natsUrl === undefined && workers > 1,
      startsTogether: false,
      startTimeoutMs: null,
      ttlMs: null,
      backoff: { firstMs: 0, maximumMs: 0 },
      continueHint: this.#continueHint(lastCheckpoint !== undefined),
    });
  }

  /** A checkpoint of its own is the newest of the work dir; without one, it continues from where it began. */
  #continueHint(hasCheckpoint: boolean): string {
    const { source, resume, runDir, configName } = this.#options.run;
    const places = { source, written: join(runDir, `${configName}.py`) };
    const request = continuationOf(this.#job.spec, resume, places);
    return `${CONTINUE}${continueCommand(hasCheckpoint ? { ...request, resume: true } : request)}`;
  }

  #environmentOf(worker: WorkerName, { track: { facts } }: Pass): WorkerEnvironment {
    const { run, root, reach, natsUrl } = this.#options;
    const { metadata, spec } = this.#job;
    const { workers: size = 1 } = spec;
    const { runDir, workDir, loadFrom = "", resumeFrom = "" } = run;
    const { dataLoaders } = this.#spec(facts);
    const shares = shareCores(availableCores(), size, dataLoaders);
    const address = (role: Role, rank = 0): string => this.addressOf({ role, rank, attempt: worker.attempt });
    const common: WorkerEnvironment = {
      ...workerEnvironment(worker, {
        job: { name: metadata.name, uid: metadata.uid ?? "" },
        configPath: join(runDir, "config.json"),
        natsUrl: natsUrl ?? address("nats-server"),
        natsOutageSeconds: spec.failurePolicy?.natsOutageSeconds,
        size,
        dataLoaders,
        workDir,
        runDir,
        loadFrom,
        resumeFrom: facts.lastCheckpoint?.uri ?? resumeFrom,
      }),
      PETAGE_LOG_LEVEL: "info", // not the controller's own
      PETAGE_LOG: "pretty",
      PETAGE_JOB_KEY: this.jobKey,
    };
    const reading: WorkerEnvironment = { PETAGE_READ_ROOTS: (reach.reads.folders ?? []).join(delimiter) };
    if (worker.role === "data-loader") {
      return { ...common, ...reading, PETAGE_DATA_ROOT: root, ...decoderEnvironment(shares.loaderWorkers) };
    }
    const loader: WorkerEnvironment = {
      ...common,
      PETAGE_DATA_LOADER: Array.from({ length: dataLoaders }, (_, rank) => address("data-loader", rank)).join(","),
    };
    if (worker.role === "evaluator") return { ...loader, ...reading, ...threadEnvironment(shares.evaluatorThreads) };
    const evaluator = run.validates ? address("evaluator") : "";
    return { ...loader, PETAGE_EVALUATOR: evaluator, ...threadEnvironment(shares.trainerThreads) };
  }
}
