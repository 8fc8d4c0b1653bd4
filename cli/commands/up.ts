import { Command, InvalidArgumentError, Option } from "commander";
import { aborted } from "#lib/base/signals.ts";
import { interruptSignal } from "../interrupt.ts";
import { death, startService } from "../service.ts";
import { startInference } from "./predict.ts";

/** Ports that people can remember; every service takes any other. */
const CONTROLLER_PORT = 50050;
const INFERENCE_PORT = 50051;

interface UpFlags {
  readonly host: string;
  readonly port: number;
  readonly inferencePort: number;
  readonly checkpoint?: string;
  readonly config?: string;
  readonly nats?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly tlsRequireClient?: true;
  readonly tokensFile?: string;
}

export function upCommand(): Command {
  return new Command("up")
    .description("Run a controller, and an inference service where a checkpoint is named, until Ctrl-C.")
    .addOption(
      new Option("--host <address>", "address to listen on; 0.0.0.0 lets other machines in")
        .env("PETAGE_HOST")
        .default("127.0.0.1"),
    )
    .option("--port <number>", "port of the controller; 0 takes any free one", portNumber, CONTROLLER_PORT)
    .option("--inference-port <number>", "port of the inference service", portNumber, INFERENCE_PORT)
    .option("--checkpoint <folder>", "the model to serve")
    .option("--config <config>", "of which model it is, where --checkpoint is a file of weights")
    .option("--nats <url>", "a NATS server that runs already")
    .addOption(new Option("--tls-cert <file>", "serve TLS with this certificate").env("PETAGE_TLS_CERT"))
    .addOption(new Option("--tls-key <file>", "key of that certificate").env("PETAGE_TLS_KEY"))
    .addOption(
      new Option("--tls-ca <file>", "CA of callers' certificates, which have their roles").env("PETAGE_TLS_CA"),
    )
    .option("--tls-require-client", "let in nobody without a certificate")
    .addOption(new Option("--tokens-file <file>", "tokens of callers and their roles").env("PETAGE_TOKENS_FILE"))
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
      const access = accessVariablesOf(flags);
      const { address, process: running } = await startService({
        name: "controller",
        environment: {
          ...access,
          PETAGE_HOST: flags.host,
          PETAGE_PORT: String(flags.port),
          NATS_URL: flags.nats ?? "",
        },
      });
      await using controller = running;
      process.stdout.write(`controller  ${address}\n`);
      await using inference = flags.checkpoint
        ? await startInference({
            checkpoint: flags.checkpoint,
            ...(flags.config && { config: flags.config }),
            listen: { host: flags.host, port: flags.inferencePort, access },
          })
        : undefined;
      if (inference) process.stdout.write(`inference   ${inference.address}\n`);
      const services = [controller, inference?.process].filter((service) => service !== undefined);
      await Promise.race([aborted(signal), ...services.map(death)]);
    });
}

/** Who may call the services that this command starts. */
function accessVariablesOf({ tlsCert, tlsKey, tlsCa, tlsRequireClient, tokensFile }: UpFlags): Record<string, string> {
  return {
    PETAGE_TLS_CERT: tlsCert ?? "",
    PETAGE_TLS_KEY: tlsKey ?? "",
    PETAGE_TLS_CA: tlsCa ?? "",
    PETAGE_TLS_REQUIRE_CLIENT: tlsRequireClient ? "true" : "",
    PETAGE_TOKENS_FILE: tokensFile ?? "",
  };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port;
  throw new InvalidArgumentError(`Expected a port, 0 to ${MAX_PORT}.`);
}

const MAX_PORT = 65_535;
