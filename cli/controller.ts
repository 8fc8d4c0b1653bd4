import { startProcess } from "#lib/host/processes.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";

export interface ControllerOptions {
  /** `host:port` of a controller that runs already; otherwise one is started and ends with this process. */
  readonly address?: string | undefined;
  /** A NATS server to use instead of one of each job's own. */
  readonly natsUrl?: string | undefined;
}

export interface ControllerConnection extends AsyncDisposable {
  readonly address: string;
  readonly client: Client<"ControllerService">;
}

/** Connects to a controller, and starts one first where none is named. */
export async function openController({ address, natsUrl }: ControllerOptions): Promise<ControllerConnection> {
  if (address) {
    const client = dial(address, "ControllerService");
    return { address, client, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
  }
  const controller = startProcess({
    name: "controller",
    entry: serviceEntry("controller"),
    environment: { PETAGE_LOG: "pretty", PETAGE_LOG_LEVEL: "warn", NATS_URL: natsUrl ?? "" },
    onLine: ({ line }) => process.stderr.write(`controller | ${line}\n`),
  });
  const facts = await controller.ready();
  const client = dial(String(facts["address"]), "ControllerService");
  return {
    address: String(facts["address"]),
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await controller.stop();
    },
  };
}
