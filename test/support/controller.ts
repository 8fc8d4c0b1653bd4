import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "#lib/host/process/processes.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import type { TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";
import { reachOf } from "#services/controller/local/reach.ts";
import type { Reach } from "#services/controller/local/reach.ts";

/** Of a controller in the test's own process, which may go anywhere. */
export function anyReach(quotesFiles: boolean): Reach {
  return reachOf(
    {
      PETAGE_ROOT: ".",
      PETAGE_READ_ROOTS: "/",
      PETAGE_WRITE_ROOTS: "/",
      PETAGE_CONFIG_VARIABLES: undefined,
    },
    { quotesFiles },
  );
}

export interface TestController extends AsyncDisposable {
  readonly pid: number;
  readonly client: Client<"ControllerService">;
  /** What the controller's own process wrote. */
  readonly lines: readonly string[];
}

/** A controller in a process of its own, which ends with the test, and its jobs with it. */
export async function startController(environment: Readonly<Record<string, string>> = {}): Promise<TestController> {
  const lines: string[] = [];
  const controller = startProcess({
    name: "controller",
    entry: serviceEntry("controller"),
    environment: {
      PETAGE_LOG: "pretty",
      NATS_URL: "",
      TF_CPP_MIN_LOG_LEVEL: "3",
      PETAGE_READ_ROOTS: "/",
      PETAGE_WRITE_ROOTS: "/",
      ...environment,
    },
    onLine: ({ line }) => lines.push(line),
  });
  const { address } = await controller.ready();
  const client = dial(String(address), "ControllerService");
  return {
    pid: controller.pid,
    client,
    lines,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await controller.stop(0);
    },
  };
}

export interface JobRequest {
  readonly config: string;
  readonly workDir: string;
  readonly workers?: number;
  readonly resume?: string;
  readonly cfgOptions?: string[];
  readonly natsOutageSeconds?: number;
}

/** Creates a job and tells its name. */
export async function createJob(client: Client<"ControllerService">, request: JobRequest): Promise<string> {
  const { config: path, workDir, workers = 2, resume = "Never", cfgOptions = [], natsOutageSeconds } = request;
  const failurePolicy = natsOutageSeconds === undefined ? {} : { natsOutage: { seconds: natsOutageSeconds } };
  const spec = { workers, config: { path, cfgOptions }, workDir, checkpoint: { resume }, failurePolicy };
  const { job } = await client.createTrainingJob({ job: { spec } });
  return job?.metadata?.name ?? "";
}

/** Watches a job until it is as wanted, or has ended. */
export async function watchUntil(
  client: Client<"ControllerService">,
  name: string,
  {
    wanted = () => false,
    timeoutMs,
  }: { readonly wanted?: (job: TrainingJob__Output) => boolean; readonly timeoutMs: number },
): Promise<TrainingJob__Output> {
  let last: TrainingJob__Output | null = null;
  for await (const { job } of client.watchTrainingJob({ name }, { signal: AbortSignal.timeout(timeoutMs) })) {
    last = job;
    if (job && wanted(job)) return job;
  }
  if (last) return last;
  throw new Error(`The controller said nothing about ${name}`);
}

/** Everything that the workers of a job wrote. */
export async function logOf(client: Client<"ControllerService">, name: string): Promise<string> {
  const lines: string[] = [];
  for await (const { worker, line } of client.streamLogs({ name })) lines.push(`${worker} | ${line}`);
  return lines.join("\n");
}
