import { readFile, stat } from "node:fs/promises";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { IMAGE_FORMATS } from "#lib/data/image-format.ts";
import { setComputeOptions } from "#lib/host/compute-options.ts";
import type { Precision } from "#lib/engine/op.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { refuseEndless } from "#lib/host/files/refused-files.ts";
import { fitPhoto, OWN_PHOTO_LIMITS } from "#lib/host/pictures/fit-photo.ts";
import type { RunningProcess } from "#lib/host/process/processes.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { durationMs } from "#lib/rpc/time.ts";
import { findModel } from "#lib/store/find-model.ts";
import type { PredictResponse__Output } from "#proto/petage/v1/PredictResponse.ts";
import { dialAs, withAccess } from "../access.ts";
import type { AccessFlags } from "../access.ts";
import { precisionOption } from "../compute-flags.ts";
import { modelToServe } from "../model-to-serve.ts";
import { askedOf, startService } from "../service.ts";
import { formatAge } from "../print/table.ts";

interface PredictFlags extends AccessFlags {
  readonly address?: string;
  readonly checkpoint?: string;
  readonly config?: string;
  readonly workDirs: string;
  readonly precision?: Precision;
  readonly json?: true;
  readonly coverage?: string;
}

export function predictCommand(): Command {
  const command = new Command("predict")
    .description("Tell the age of the pet on a photo, by the inference service.")
    .argument("<photo...>", `files, ${IMAGE_FORMATS.join(", ")}`)
    .option("--address <host:port>", "an inference service that runs already; otherwise one is started")
    .option("--checkpoint <folder>", "the model to start it with (default: the newest best one below --work-dirs)")
    .option("--config <config>", "of which model it is, where --checkpoint is a file of weights")
    .option("--work-dirs <folder>", "where to look for a model", "work_dirs")
    .option("--coverage <share>", "probability that the interval holds, 0 to 1", "0.8")
    .addOption(precisionOption())
    .option("--json", "one JSON object a line");
  return withAccess(command)
    .addHelpText(
      "after",
      `
Examples:
  petage predict data/petimage/test/*.jpg
  petage predict photo.jpg --checkpoint work_dirs/resnet18_petage_quickstart/20261123_061500/epoch_12
  petage predict photo.jpg --checkpoint weights.pth --config resnet18_petage_quickstart
  petage predict photo.jpg --address 127.0.0.1:50051 --json`,
    )
    .action(async (photos: string[], flags: PredictFlags) => {
      setComputeOptions(flags);
      await using service = flags.address ? await connect(flags.address, flags) : await serveModel(flags);
      for (const photo of photos) {
        if (!(await show(service, photo, flags))) process.exitCode = 1;
      }
    });
}

export interface InferenceConnection extends AsyncDisposable {
  readonly address: string;
  readonly client: Client<"InferenceService">;
  /** The largest photo that it takes. */
  readonly limits: () => Promise<ImageLimits>;
  /** Where this command has started it. */
  readonly process?: RunningProcess;
}

async function connect(address: string, access: AccessFlags): Promise<InferenceConnection> {
  const client = await dialAs(access, address, "InferenceService");
  return { address, client, limits: limitsOf(client), [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** Asked once, when the first photo is there. */
function limitsOf(client: Client<"InferenceService">): () => Promise<ImageLimits> {
  let asked: Promise<ImageLimits> | undefined;
  return () =>
    (asked ??= client.getModel({}).catch((error: unknown) => {
      asked = undefined; // its model may be there when the next photo comes
      throw error;
    }));
}

async function serveModel({ checkpoint, config, workDirs }: PredictFlags): Promise<InferenceConnection> {
  const model = checkpoint ?? (await findModel(workDirs));
  if (model) return await startInference({ checkpoint: model, ...(config && { config }) });
  throw new PetageError("NOT_FOUND", `There is no trained model below ${workDirs}`, {
    hint: "Train one (petage quickstart), name one with --checkpoint, or a service with --address",
  });
}

interface InferenceOptions {
  readonly checkpoint: string;
  /** Of which model it is, where that is a file of weights. */
  readonly config?: string;
  /** Where others are to find it; otherwise it serves this process alone. */
  readonly listen?: { readonly host: string; readonly port: number; readonly access: Readonly<Record<string, string>> };
}

/** Starts an inference service as a child process and connects to it. */
export async function startInference({ checkpoint, config, listen }: InferenceOptions): Promise<InferenceConnection> {
  await using model = await modelToServe(checkpoint, config); // it is read when the service is ready
  const service = await startService({
    name: "inference",
    environment: {
      PETAGE_LOG_LEVEL: "warn",
      PETAGE_CHECKPOINT: model.folder,
      PETAGE_MODEL_STORE: "", // whatever this command inherited
      PETAGE_MODEL: "",
      ...(listen && { ...listen.access, PETAGE_HOST: listen.host, PETAGE_PORT: String(listen.port) }),
    },
  });
  const client = dial(service.address, "InferenceService");
  return {
    address: service.address,
    client,
    limits: limitsOf(client),
    process: service.process,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await service.process.stop();
    },
  };
}

/** Predicts one photo and prints the answer, or one line of what is wrong with it. */
async function show(
  { client, limits, process: service }: InferenceConnection,
  photo: string,
  flags: PredictFlags,
): Promise<boolean> {
  try {
    const { bytes: image, notes } = await fitPhoto(await readPhoto(photo), await askedOf(service, limits()));
    for (const note of notes) process.stderr.write(`petage: ${photo}: ${note}\n`);
    const intervalCoverage = Number(flags.coverage);
    const answer = await askedOf(
      service,
      client.predict({ image, requestId: photo.slice(-128), intervalCoverage, topK: 5 }),
    );
    process.stdout.write(flags.json ? `${JSON.stringify(plain(photo, answer))}\n` : describe(photo, answer));
    return true;
  } catch (thrown) {
    process.stderr.write(`petage: ${photo}: ${PetageError.from(thrown).describe()}\n`);
    return false;
  }
}

async function readPhoto(path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    refuseEndless(found, { code: "INVALID_ARGUMENT", what: "This", expected: "a photo" });
    if (found.isFile() && found.size > OWN_PHOTO_LIMITS.maxImageBytes) throw tooManyBytes(found.size);
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new PetageError("NOT_FOUND", "There is no such file");
    if (code === "EISDIR") throw new PetageError("INVALID_ARGUMENT", "This is a folder, expected a photo");
    throw error;
  }
}

function tooManyBytes(bytes: number): PetageError {
  const { maxImageBytes } = OWN_PHOTO_LIMITS;
  return new PetageError("IMAGE_TOO_LARGE", `A photo of ${bytes} bytes: the limit is ${maxImageBytes} bytes`);
}

function plain(photo: string, { estimate, servedBy, timing }: PredictResponse__Output) {
  return { photo, ...estimate, model: servedBy, totalMs: durationMs(timing?.total) };
}

function describe(photo: string, { estimate, servedBy, timing }: PredictResponse__Output): string {
  if (!estimate) return `${photo}: no estimate\n`;
  const { ageMonths, interval } = estimate;
  const range = interval
    ? `, ${Math.round(interval.coverage * 100)} % within ${interval.lowMonths} to ${interval.highMonths}`
    : "";
  const total = durationMs(timing?.total)?.toFixed(1);
  return [
    photo,
    `  ${ageMonths} months (${formatAge(ageMonths)})${range}`,
    ...chart(estimate.monthProbabilities).map((line) => `  ${line}`),
    `  ${servedBy?.name} ${servedBy?.version}, ${total} ms`,
    "",
    "",
  ].join("\n");
}

const CHART_COLUMNS = 64;
const BLOCKS = " ▁▂▃▄▅▆▇█";

/** The distribution as one row of blocks, with years below it. */
function chart(probabilities: readonly number[]): string[] {
  const perColumn = Math.ceil(probabilities.length / CHART_COLUMNS);
  const columns = Array.from({ length: Math.ceil(probabilities.length / perColumn) }, (_, column) =>
    probabilities.slice(column * perColumn, (column + 1) * perColumn).reduce((sum, value) => sum + value, 0),
  );
  const highest = Math.max(...columns);
  const bars = columns.map((value) => BLOCKS[Math.ceil((value / highest) * (BLOCKS.length - 1))] ?? " ").join("");
  const years = Array.from({ length: Math.ceil(probabilities.length / 24) }, (_, index) =>
    `${index * 2}`.padEnd(24 / perColumn),
  ).join("");
  return [bars, `${years.slice(0, columns.length)} years`];
}
