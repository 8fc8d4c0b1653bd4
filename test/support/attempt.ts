import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { loadConfig } from "#lib/config/language/load.ts";
import { serializeConfig } from "#lib/config/print/serialize.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "#lib/host/process/processes.ts";
import type { ProcessExit, RunningProcess } from "#lib/host/process/processes.ts";
import { parseTermination } from "#lib/jobs/termination.ts";
import type { TerminationReport } from "#lib/jobs/termination.ts";

/** How a worker ended, and what it left behind for a controller. */
export interface Ended extends ProcessExit {
  readonly report: TerminationReport | undefined;
}

/** A worker as a pod would run it. */
export interface PodProcess extends RunningProcess {
  readonly lines: readonly string[];
  /** What it tells the others: `host:port`; empty for a trainer. */
  readonly address: string;
  /** Its end; fails the test when there is none in time. */
  end(timeoutMs?: number): Promise<Ended>;
}

/** The workers of one attempt, started at once; they know of each other over NATS only. Disposing ends them all. */
export interface TestAttempt extends AsyncDisposable {
  readonly trainers: readonly PodProcess[];
  readonly others: readonly PodProcess[];
}

export interface AttemptRequest {
  readonly folder: string;
  /** Path of the config file. */
  readonly config: string;
  readonly cfgOptions?: readonly string[];
  readonly natsUrl: string;
  readonly attempt: number;
  readonly workers?: number;
  readonly roles?: readonly ("data-loader" | "evaluator")[];
  /** Variables of every worker. */
  readonly environment?: Readonly<Record<string, string>>;
}

const END_TIMEOUT_MS = 60_000;

export async function startAttempt(request: AttemptRequest): Promise<TestAttempt> {
  const { workers = 2, roles = ["data-loader", "evaluator"] } = request;
  const common = await commonEnvironment(request);
  const others = await Promise.all(
    roles.map(async (role) => {
      const port = String(await freePort());
      return pod(request, role, { ...common, PETAGE_PORT: port, PETAGE_ADVERTISE: `127.0.0.1:${port}` });
    }),
  );
  const trainers = Array.from({ length: workers }, (_, rank) =>
    pod(request, "trainer", { ...common, RANK: String(rank), WORLD_SIZE: String(workers) }),
  );
  return {
    trainers,
    others,
    async [Symbol.asyncDispose]() {
      await Promise.all([...others, ...trainers].map((worker) => worker.stop(0)));
    },
  };
}

async function commonEnvironment(request: AttemptRequest): Promise<Record<string, string>> {
  const { folder, config: path, cfgOptions = [], natsUrl, attempt, environment } = request;
  const config = loadConfig(path, { files: nodeConfigFiles, options: cfgOptions });
  const runDir = join(folder, "work", "run");
  await mkdir(runDir, { recursive: true });
  await writeFile(join(folder, "config.json"), serializeConfig({ name: "tiny", config }));
  return {
    PETAGE_CONFIG: join(folder, "config.json"),
    PETAGE_LOG: "pretty",
    TF_CPP_MIN_LOG_LEVEL: "3",
    NATS_URL: natsUrl,
    JOB_NAME: "tiny",
    JOB_UID: "uid-1",
    ATTEMPT: String(attempt),
    PETAGE_WORK_DIR: join(folder, "work"),
    PETAGE_RUN_DIR: runDir,
    ...environment,
  };
}

function pod(
  { folder, attempt }: AttemptRequest,
  role: "data-loader" | "evaluator" | "trainer",
  environment: Readonly<Record<string, string>>,
): PodProcess {
  const name = environment["RANK"] === undefined ? role : `${role}-${environment["RANK"]}`;
  const log = join(folder, `termination-log-${attempt}-${name}`);
  const lines: string[] = [];
  const running = startProcess({
    name,
    entry: serviceEntry(role),
    environment: { ...environment, PETAGE_TERMINATION_LOG: log },
    onLine: ({ line }) => void lines.push(line),
  });
  return {
    ...running,
    lines,
    address: environment["PETAGE_ADVERTISE"] ?? "",
    async end(timeoutMs = END_TIMEOUT_MS) {
      const late = setTimeout(() => void running.stop(0), timeoutMs);
      const exit = await running.exited;
      clearTimeout(late);
      return { ...exit, report: parseTermination(await readFile(log, "utf8").catch(() => "")) };
    },
  };
}

/** A port that nobody listens on now; what is announced must be known before the service listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
