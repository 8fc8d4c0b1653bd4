import cliProgress from "cli-progress";
import { durationMs } from "#lib/rpc/time.ts";
import { formatSeconds } from "#lib/train/hooks/logger-hook.ts";
import type { TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";

/** Shows a running job: log lines with the name of who wrote them, above one progress bar for the epoch. */
export class JobView {
  readonly #bars: cliProgress.MultiBar | undefined;
  readonly #write: (text: string) => void;
  #bar: cliProgress.SingleBar | undefined;
  #epoch = 0;

  /** Without a terminal there is no bar, only lines. */
  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#write = (text) => void stream.write(text);
    if (!stream.isTTY) return;
    this.#bars = new cliProgress.MultiBar({
      stream,
      format:
        "Epoch {epoch} {bar} {value}/{total} | {rate} img/s | loss {loss} | lr {lr} | data {data} ring {ring} | ETA {left}",
      hideCursor: null,
      clearOnComplete: true,
    });
  }

  line(worker: string, text: string): void {
    const line = `${worker.padEnd(WORKER_WIDTH)} | ${text}\n`;
    if (this.#bars && this.#bar) this.#bars.log(line);
    else this.#write(line);
  }

  update({ status }: TrainingJob__Output): void {
    const progress = status?.progress;
    if (!this.#bars || !progress || progress.iterationsPerEpoch === 0) return;
    const payload = {
      epoch: `${progress.epoch}/${progress.maxEpochs}`,
      rate: progress.imagesPerSecond.toFixed(0),
      loss: progress.loss.toFixed(3),
      lr: progress.learningRate.toExponential(1),
      data: percent(progress.dataWaitShare),
      ring: percent(progress.allReduceShare),
      left: formatSeconds((durationMs(progress.eta) ?? 0) / 1000),
    };
    if (!this.#bar || progress.epoch !== this.#epoch) {
      if (this.#bar) this.#bars.remove(this.#bar);
      this.#bar = this.#bars.create(progress.iterationsPerEpoch, progress.iteration, payload);
      this.#epoch = progress.epoch;
    }
    this.#bar.update(progress.iteration, payload);
  }

  end(): void {
    this.#bars?.stop();
  }
}

const WORKER_WIDTH = "data-loader".length;

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
