import type { Progress, SavedCheckpoint } from "#lib/model/checkpoint.ts";
import { isBestCheckpoint } from "#lib/model/checkpoint.ts";
import type { Outage } from "#lib/collective/watch.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook, IterationResult, RunState } from "#lib/train/hook.ts";
import type { ReportedCheckpoint, ReportedProgress, TerminationReport } from "#lib/jobs/termination.ts";
import type { WorkDone } from "#lib/host/last-words.ts";
import type { PetageError } from "#lib/base/errors.ts";
import { durationOf, timestampOf } from "#lib/rpc/time.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { BoundedQueue } from "#lib/base/queue.ts";

export type Status = Awaited<ReturnType<Implementation<"TrainerService">["getStatus"]>>;
export type MetricsEvent =
  ReturnType<Implementation<"TrainerService">["streamMetrics"]> extends AsyncIterable<infer E> ? E : never;
export type Phase = NonNullable<Status["phase"]>;
export type CheckpointMessage = NonNullable<Status["lastCheckpoint"]>;

/** Events that a slow reader of StreamMetrics may fall behind before steps are left out for it. */
const MAX_WAITING_EVENTS = 64;

/** What a worker tells about itself: its status now, and events to whoever listens. */
export class Reporter {
  #status: Status;
  #conclusion: Pick<TerminationReport, "result" | "published"> = { result: null, published: null };
  #progress: Omit<ReportedProgress, "maxEpochs" | "maxSteps"> | undefined;
  readonly #readers = new Set<BoundedQueue<MetricsEvent>>();
  /** Of the epoch in progress. */
  readonly #skippedIds = new Set<string>();

  constructor(identity: Pick<Status, "jobUid" | "attempt" | "rank" | "worldSize" | "generation" | "maxEpochs">) {
    this.#status = { ...identity, phase: "TRAINER_PHASE_STARTING", startTime: timestampOf(new Date()) };
  }

  get status(): Status {
    return this.#status;
  }

  update(changes: Partial<Status>): void {
    this.#status = { ...this.#status, ...changes };
  }

  enter(phase: Phase): void {
    if (phase === this.#status.phase) return;
    this.update({ phase });
    this.#tell({ phase });
  }

  /** That NATS is away, or without a word that it is back. */
  outage(outage?: Outage): void {
    const time = (instant: number) => timestampOf(new Date(instant));
    const times = outage && { since: time(outage.since), givesUpAt: time(outage.givesUpAt) };
    this.update({ natsOutage: times ?? null });
    this.#tell({ natsOutage: times ?? {} });
  }

  checkpoint({ name, uri, sha256 }: SavedCheckpoint, { step, epoch }: Progress): void {
    const checkpoint: CheckpointMessage = { uri, sha256, step, epoch, createTime: timestampOf(new Date()) };
    this.update(isBestCheckpoint(name) ? { bestCheckpoint: checkpoint } : { lastCheckpoint: checkpoint });
    this.#tell({ checkpoint });
  }

  /** What training has made, once it is over. */
  conclude(conclusion: Partial<Pick<TerminationReport, "result" | "published">>): void {
    this.#conclusion = { ...this.#conclusion, ...conclusion };
  }

  fail({ code, message, hint = "" }: PetageError): void {
    this.update({ error: { code, message, hint } });
    this.enter("TRAINER_PHASE_FAILED");
  }

  /** For the last words of this worker, whenever they are needed. */
  get workDone(): WorkDone {
    const { lastCheckpoint, maxEpochs = 0, maxSteps = 0 } = this.#status;
    const checkpoint = lastCheckpoint ? reported(lastCheckpoint) : null;
    const progress = this.#progress && { ...this.#progress, maxEpochs, maxSteps: Number(maxSteps) };
    const step = Math.max(progress?.step ?? 0, checkpoint?.step ?? 0);
    return { step, checkpoint, ...this.#conclusion, ...(progress && { progress }) };
  }

  /** Events from now on, until the worker ends. */
  events(): BoundedQueue<MetricsEvent> {
    const queue = new BoundedQueue<MetricsEvent>(MAX_WAITING_EVENTS);
    this.#readers.add(queue);
    return queue;
  }

  leave(queue: BoundedQueue<MetricsEvent>): void {
    this.#readers.delete(queue);
    queue.end();
  }

  end(): void {
    for (const queue of this.#readers) queue.end();
  }

  #tell(event: Omit<MetricsEvent, "time">): void {
    const message = { ...event, time: timestampOf(new Date()) } as MetricsEvent;
    for (const queue of this.#readers) {
      if (event.step && queue.length >= MAX_WAITING_EVENTS - 8) continue; // room for what must not be left out
      void queue.push(message);
    }
  }

  /** The hook that feeds the reporter; it runs after all others, when they have done their part. */
  hook(): Hook {
    return {
      name: "Reporter",
      priority: PRIORITIES.LOWEST,
      beforeEpoch: ({ run }) => this.enter(run.stoppedBy ? "TRAINER_PHASE_STOPPING" : "TRAINER_PHASE_TRAINING"),
      afterIteration: ({ run, result }) => {
        if (run.iteration === 1) this.#skippedIds.clear();
        for (const id of result.skippedIds) this.#skippedIds.add(id);
        const step = { ...stepMetrics(run, result), skippedSamples: this.#skippedIds.size };
        this.update({ lastStep: step });
        this.#progress = progressOf(run, step, this.#progress);
        this.#tell({ step });
      },
      afterEpoch: ({ run }) => this.enter(run.stoppedBy ? "TRAINER_PHASE_STOPPING" : "TRAINER_PHASE_VALIDATING"),
      afterValidation: ({ run: { step, epoch, best }, validation: { metrics, sampleCount, durationMs } }) => {
        const isBest = best?.name.endsWith(`_epoch_${epoch}`) ?? false;
        const duration = durationOf(durationMs);
        const validation = { step, epoch, metrics: { ...metrics }, sampleCount, isBest, duration };
        this.update({ lastValidation: validation });
        if (this.#progress) this.#progress = { ...this.#progress, validationMetrics: validation.metrics };
        this.#tell({ validation });
      },
    };
  }
}

function reported({ uri = "", step = 0, epoch = 0, sha256 = "" }: CheckpointMessage): ReportedCheckpoint {
  return { uri, step: Number(step), epoch, sha256 };
}

/** The last validation stays that of the steps that follow it. */
function progressOf(
  { etaSeconds }: RunState,
  { eta: _eta, gradNorm: _norm, skippedSamples: _skipped, ...step }: StepMetrics,
  before: { readonly validationMetrics?: Readonly<Record<string, number>> | undefined } = {},
): Omit<ReportedProgress, "maxEpochs" | "maxSteps"> {
  const { validationMetrics } = before;
  return { ...step, etaSeconds, ...(validationMetrics && { validationMetrics }) };
}

type StepMetrics = ReturnType<typeof stepMetrics> & { readonly skippedSamples: number };

function stepMetrics(run: RunState, result: IterationResult) {
  const { loss, learningRate, imageCount, totalMs, dataMs, allReduceMs, gradNorm } = result;
  return {
    step: run.step,
    epoch: run.epoch + 1,
    iteration: run.iteration,
    iterationsPerEpoch: run.epochLength,
    loss,
    learningRate,
    imagesPerSecond: (imageCount / totalMs) * 1000,
    dataWaitShare: dataMs / totalMs,
    allReduceShare: allReduceMs / totalMs,
    ...(gradNorm === undefined ? {} : { gradNorm }),
    eta: durationOf(run.etaSeconds * 1000),
  };
}
