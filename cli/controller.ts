import type { RunningProcess } from "#lib/host/process/processes.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { dialAs } from "./access.ts";
import type { AccessFlags } from "./access.ts";
import { startService } from "./service.ts";

export interface ControllerOptions {
  /** `host:port` of a controller that runs already; otherwise one is started and ends with this process. */
  readonly address?: string | undefined;
  /** How to come to that one. */
  readonly access?: AccessFlags;
  /** A NATS server to use instead of one of each job's own. */
  readonly natsUrl?: string | undefined;
}

export interface ControllerConnection extends AsyncDisposable {
  readonly address: string;
  readonly client: Client<"ControllerService">;
  /** Where this command has started it. */
  readonly process?: RunningProcess;
}

/** Connects to a controller, and starts one first where none is named. */
export async function openController({
  address,
  access = {},
  natsUrl,
}: ControllerOptions): Promise<ControllerConnection> {
  if (address) {
    const client = await dialAs(access, address, "ControllerService");
    return { address, client, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
  }
  const controller = await startService({
    name: "controller",
    environment: { PETAGE_LOG_LEVEL: "warn", PETAGE_QUOTE_FILES: "true", NATS_URL: natsUrl ?? "" },
  });
  const client = dial(controller.address, "ControllerService");
  return {
    address: controller.address,
    client,
    process: controller.process,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await controller.process.stop();
    },
  };
}
