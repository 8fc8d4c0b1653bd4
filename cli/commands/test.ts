import cliProgress from "cli-progress";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import type { Precision } from "#lib/engine/op.ts";
import { configNode } from "#lib/config/component/node.ts";
import { seedOf } from "#lib/data/seed.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { setComputeOptions } from "#lib/host/compute-options.ts";
import { openPredictorThread } from "#lib/host/thread/predictor.ts";
import { imageLimitsHere } from "#lib/host/image-limits.ts";
import { createLogger } from "#lib/host/logger.ts";
import { VERSION } from "#lib/host/version.ts";
import { readModel } from "#lib/store/model-file.ts";
import { systemClock } from "#lib/system/clock.ts";
import { writeNamed } from "#lib/system/naming.ts";
import { evaluate } from "#lib/train/evaluate.ts";
import type { EvaluationEvent, EvaluationResult, SamplePrediction } from "#lib/train/evaluate.ts";
import { evaluationPrecision, evaluatorMetrics } from "#lib/train/settings.ts";
import { precisionOption } from "../compute-flags.ts";
import { interruptSignal } from "../interrupt.ts";
import { RESULT_FORMATS, formatOf } from "../print/results.ts";
import { table } from "../print/table.ts";
import { namedUserConfig } from "./config.ts";

export interface TestFlags {
  readonly eager?: boolean;
  readonly precision?: Precision;
  readonly out?: string;
  readonly cfgOptions?: readonly string[];
}

export function testCommand(): Command {
  return new Command("test")
    .description("Measure a checkpoint on the test split, and write what it says of each image.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .argument("<checkpoint>", "a checkpoint folder (work_dirs/<config>/<time>/epoch_12), or a file of weights")
    .option("--out <file>", `predictions and metrics; the ending decides: ${Object.keys(RESULT_FORMATS).join(" ")}`)
    .option("--cfg-options <key=value...>", "overrides of the config")
    .option("--eager", "compute op by op, as the code is written, instead of compiling it into a graph")
    .addOption(precisionOption())
    .addHelpText(
      "after",
      `
Example:
  petage test configs/resnet/resnet18_petage_quickstart.py work_dirs/resnet18_petage_quickstart/*/epoch_12 --out result.csv
  petage test resnet18_petage_quickstart weights.pth`,
    )
    .action(async (config: string, checkpoint: string, flags: TestFlags) => {
      setComputeOptions(flags);
      const { result } = await test(config, checkpoint, flags, interruptSignal());
      const rows = Object.entries(result.metrics).map(([name, value]) => [name, value.toFixed(4)]);
      process.stdout.write(`${table([["metric", "value"], ...rows])}\n`);
      const skipped = result.skippedIds.length > 0 ? `, ${result.skippedIds.length} could not be read` : "";
      process.stdout.write(`${result.sampleCount} images${skipped}${flags.out ? `; written to ${flags.out}` : ""}\n`);
    });
}

export interface TestOutcome {
  readonly result: EvaluationResult;
  readonly predictions: readonly SamplePrediction[];
}

/** Evaluates in this process: data from the files, the model in a thread of its own. */
export async function test(
  config: string,
  checkpointUri: string,
  flags: TestFlags,
  signal: AbortSignal,
): Promise<TestOutcome> {
  const format = flags.out === undefined ? undefined : formatOf(flags.out);
  const named = namedUserConfig(config, flags.cfgOptions);
  const log = createLogger({
    name: "petage",
    format: "pretty",
    level: "warn",
    write: (line) => process.stderr.write(line),
  });
  const metrics = evaluatorMetrics(named.config, "test_evaluator");
  const checkpoint = await readModel(checkpointUri, { ...named, petageVersion: VERSION });
  await using predictor = openPredictorThread();
  const precision = evaluationPrecision(named.config, "test_cfg");
  await predictor.load(checkpoint, { source: checkpointUri, config: named.config, ...precision });
  const node = configNode(named.config, "test_dataloader");
  await using source = await openLoader(node, {
    purpose: "evaluate",
    seed: seedOf(named.config),
    log,
    decode: imageLimitsHere(),
  });
  const outcome = await collect(evaluate({ predictor, source, metrics, clock: systemClock, signal }));
  if (flags.out && format) await writeNamed(flags.out, format(outcome));
  return outcome;
}

/** All of an evaluation, with a progress bar. */
async function collect(events: AsyncIterable<EvaluationEvent>): Promise<TestOutcome> {
  const bar = new cliProgress.SingleBar({ format: "Testing {bar} {value}/{total} images", hideCursor: null });
  const predictions: SamplePrediction[] = [];
  try {
    for await (const event of events) {
      if (event.kind === "result") return { result: event.result, predictions };
      if (predictions.length === 0) bar.start(event.total, 0);
      predictions.push(...event.predictions);
      bar.update(event.done);
    }
  } finally {
    bar.stop();
  }
  throw new PetageError("INTERNAL", "The evaluation ended without a result");
}
