import cliProgress from "cli-progress";
import type { ProgressStatus } from "#lib/jobs/training-job.ts";
import { formatSeconds } from "#lib/base/format-seconds.ts";

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

  update(progress: ProgressStatus | undefined): void {
    const { epoch = 0, maxEpochs = 0, step = 0, maxSteps = 0 } = progress ?? {};
    const stepsPerEpoch = maxEpochs > 0 ? Math.round(maxSteps / maxEpochs) : 0;
    if (!this.#bars || !progress || stepsPerEpoch === 0) return;
    const payload = {
      epoch: `${epoch}/${maxEpochs}`,
      rate: progress.imagesPerSecond?.toFixed(0) ?? "?",
      loss: progress.loss?.toFixed(3) ?? "?",
      lr: progress.learningRate?.toExponential(1) ?? "?",
      data: percent(progress.dataWaitShare),
      ring: percent(progress.allReduceShare),
      left: formatSeconds(progress.etaSeconds ?? 0),
    };
    const done = Math.max(0, step - (epoch - 1) * stepsPerEpoch);
    if (!this.#bar || epoch !== this.#epoch) {
      if (this.#bar) this.#bars.remove(this.#bar);
      this.#bar = this.#bars.create(stepsPerEpoch, done, payload);
      this.#epoch = epoch;
    }
    this.#bar.update(done, payload);
  }

  end(): void {
    this.#bars?.stop();
  }
}

/** Columns that the name of a worker takes in front of its lines. */
export const WORKER_WIDTH = "data-loader".length;

function percent(share = 0): string {
  return `${Math.round(share * 100)}%`;
}
