import { existsSync } from "node:fs";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { CONTINUE, OPTIONS_OF_FLAGS } from "#lib/jobs/command-line.ts";
import { accessWords, withAccess, wordsOf } from "../access.ts";
import { setComputeOptions } from "#lib/host/compute-options.ts";
import type { AccessFlags } from "../access.ts";
import type { TrainingJobSpec } from "#proto/petage/v1/TrainingJobSpec.ts";
import { openController } from "../controller.ts";
import { durationOf } from "#lib/rpc/time.ts";
import { EXIT_INTERRUPTED, interruptSignal } from "../interrupt.ts";
import { wholeNumber } from "../numbers.ts";
import { askedOf } from "../service.ts";
import { configFile, loadUserConfig, namesFile } from "./config.ts";
import { followJob } from "../jobs/follow-job.ts";
import { GrpcJobs } from "../jobs/grpc-jobs.ts";

export interface TrainFlags extends AccessFlags {
  readonly eager?: boolean;
  readonly nproc?: number;
  readonly workDir?: string;
  readonly resume?: string | true;
  readonly loadFrom?: string;
  readonly validate?: boolean;
  readonly autoScaleLr?: true;
  readonly cfgOptions?: readonly string[];
  readonly controller?: string;
  readonly nats?: string;
  readonly natsOutage?: number;
}

export function trainCommand(): Command {
  const command = new Command("train")
    .description("Train a model: starts data-loader, trainers and evaluator, and shows them work.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .option("--nproc <number>", "trainers; each computes on its share of the cores, or on one GPU", wholeNumber, 1)
    .option("--work-dir <folder>", "where results go (default: work_dirs/<config>)")
    .option("--resume [checkpoint]", "continue from a checkpoint; without one, from the newest of the work dir")
    .option("--load-from <checkpoint>", "start from these weights")
    .option("--no-validate", "do not evaluate after the epochs")
    .option("--auto-scale-lr", "scale the learning rate by the batch size, as auto_scale_lr of the config says")
    .option("--cfg-options <key=value...>", "overrides of the config")
    .option("--eager", "compute op by op, as the code is written, instead of compiling it into a graph")
    .option("--controller <host:port>", "use a controller that runs already")
    .option("--nats <url>", "use a NATS server that runs already")
    .option("--nats-outage <seconds>", "how long to wait for NATS that cannot be reached (default: 600)", wholeNumber);
  return withAccess(command)
    .addHelpText(
      "after",
      `
Examples:
  petage train configs/resnet/resnet18_petage_quickstart.py --nproc 2
  petage train configs/resnet/resnet101_8xb32_petage.py --nproc 4 --cfg-options train_dataloader.batch_size=16
  petage train configs/resnet/resnet18_petage_quickstart.py --nproc 2 --resume`,
    )
    .action(async (config: string, flags: TrainFlags) => {
      setComputeOptions(flags);
      const signal = interruptSignal();
      const job = await train(config, flags, signal);
      const { phase, message = "", workDir } = job.status ?? {};
      process.stderr.write(`${phase}: ${withPlace(message, flags)}\nResults: ${workDir}\n`);
      if (phase !== "Succeeded") process.exitCode = signal.aborted ? EXIT_INTERRUPTED : 1;
    });
}

/** Runs a job to its end, showing it; the job as it ended. An abort cancels it. */
export async function train(config: string, flags: TrainFlags, signal: AbortSignal): Promise<TrainingJobObject> {
  checkFlags(config, flags);
  await using controller = await openController({ address: flags.controller, access: flags, natsUrl: flags.nats });
  const { client } = controller;
  const { job } = await client.createTrainingJob({
    job: { spec: specOf(config, flags) },
  });
  const name = job?.metadata?.name ?? "";
  const cancel = (): void => void client.cancelTrainingJob({ name }).catch(() => {}); // it may have ended meanwhile
  signal.addEventListener("abort", cancel, { once: true });
  // Not by the signal: an aborted job is shown to its end, too.
  const follow = { logs: true, signal: new AbortController().signal };
  const ended = await askedOf(controller.process, followJob(new GrpcJobs(controller.address, client), name, follow));
  if (!ended) throw new PetageError("UNAVAILABLE", `The controller said nothing about job ${name}`);
  const { drawLossCurve } = await import("#lib/host/pictures/loss-curve.ts");
  await drawLossCurve(ended.status?.workDir ?? "");
  return ended;
}

/** What the flags ask for. Without --resume the config decides. */
export function specOf(config: string, flags: TrainFlags): TrainingJobSpec {
  const { natsOutage } = flags;
  return {
    workers: flags.nproc ?? 1,
    config: { ...(namesFile(config) ? { path: config } : { name: config }), cfgOptions: cfgOptionsOf(flags) },
    workDir: flags.workDir ?? "",
    loadFrom: flags.loadFrom ?? "",
    checkpoint: { resume: flags.resume === true ? "Auto" : (flags.resume ?? "") },
    ...(natsOutage !== undefined && { failurePolicy: { natsOutage: durationOf(natsOutage * 1000) } }),
  };
}

/** What is told before anything is started. */
function checkFlags(config: string, flags: TrainFlags): void {
  const { autoScaleLr, controller } = flags;
  const file = configFile(config);
  // A controller that others may use quotes no file; where it is the same one, its errors are told here.
  if (controller && existsSync(file)) loadUserConfig(config, cfgOptionsOf(flags));
  if (!autoScaleLr || loadUserConfig(config, []).value["auto_scale_lr"]) return;
  throw new PetageError("CONFIG_INVALID_VALUE", `${config} has no auto_scale_lr for --auto-scale-lr to enable`, {
    hint: "Add auto_scale_lr = dict(base_batch_size=...) to it",
  });
}

/** The overrides that the flags are. */
export function cfgOptionsOf({ cfgOptions = [], validate, autoScaleLr }: TrainFlags): string[] {
  return [
    ...cfgOptions,
    ...(validate === false ? OPTIONS_OF_FLAGS["--no-validate"] : []),
    ...(autoScaleLr ? OPTIONS_OF_FLAGS["--auto-scale-lr"] : []),
  ];
}

/** The controller does not know how it was reached: that is added to the command that continues. */
export function withPlace(message: string, { controller, nats, natsOutage, ...access }: TrainFlags): string {
  const flags = wordsOf({ controller, nats, natsOutage: natsOutage?.toString() });
  const words = controller === undefined ? flags : [...flags, ...accessWords(access)];
  return words.length > 0 && message.includes(CONTINUE) ? `${message} ${shellCommand(words)}` : message;
}
