import { Command } from "commander";
import { aborted } from "#lib/base/signals.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "#lib/host/processes.ts";
import { interruptSignal } from "../interrupt.ts";
import { wholeNumber } from "./dataset.ts";
import { startInference } from "./predict.ts";

/** Ports that people can remember; every service takes any other. */
const CONTROLLER_PORT = 50050;
const INFERENCE_PORT = 50051;

interface UpFlags {
  readonly port: number;
  readonly inferencePort: number;
  readonly checkpoint?: string;
  readonly nats?: string;
}

export function upCommand(): Command {
  return new Command("up")
    .description("Run a controller, and an inference service where a checkpoint is named, until Ctrl-C.")
    .option("--port <number>", "port of the controller; 0 takes any free one", wholeNumber, CONTROLLER_PORT)
    .option("--inference-port <number>", "port of the inference service", wholeNumber, INFERENCE_PORT)
    .option("--checkpoint <folder>", "the model to serve")
    .option("--nats <url>", "a NATS server that runs already")
    .addHelpText(
      "after",
      `
Examples:
  petage up
  petage train configs/resnet/resnet18_petage_quickstart.py --nproc 2 --controller 127.0.0.1:${CONTROLLER_PORT}
  grpcurl -plaintext 127.0.0.1:${CONTROLLER_PORT} petage.v1.ControllerService/ListTrainingJobs`,
    )
    .action(async (flags: UpFlags) => {
      const signal = interruptSignal();
      await using controller = startProcess({
        name: "controller",
        entry: serviceEntry("controller"),
        environment: { PETAGE_LOG: "pretty", PETAGE_PORT: String(flags.port), NATS_URL: flags.nats ?? "" },
        onLine: ({ line }) => process.stderr.write(`${line}\n`),
      });
      const { address } = await controller.ready();
      process.stdout.write(`controller  ${address}\n`);
      await using inference = flags.checkpoint
        ? await startInference({ checkpoint: flags.checkpoint, port: flags.inferencePort })
        : undefined;
      if (inference) process.stdout.write(`inference   ${inference.address}\n`);
      await Promise.race([aborted(signal), controller.exited]);
    });
}
