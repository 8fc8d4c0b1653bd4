import { z } from "zod";

import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { attemptVariables } from "#lib/jobs/worker-environment.ts";

import { connectNats } from "./connect.ts";
import type { Nats } from "./connect.ts";
import { announce, findAddress } from "./directory.ts";
import type { Asking } from "./directory.ts";
import type { Announced } from "./subjects.ts";

const environment = z.object(attemptVariables);
type AttemptEnvironment = z.output<typeof environment>;

export interface AttemptOptions {
  /** Shown by the server's monitoring. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** One attempt of a job as a service of it sees it. Connects to NATS when it is first needed, once. */
export class Attempt implements AsyncDisposable {
  readonly #env: AttemptEnvironment;
  readonly #options: AttemptOptions;
  #connecting: Promise<Nats> | undefined;

  constructor(env: AttemptEnvironment, options: AttemptOptions) {
    this.#env = env;
    this.#options = options;
  }

  /**
   * The connection to the job's NATS server.
   * @param purpose what it is needed for, to tell when there is none: "2 workers exchange gradients over NATS".
   * @throws INVALID_ARGUMENT without NATS_URL, else as `connectNats`.
   */
  async nats(purpose: string): Promise<Nats> {
    const { NATS_URL: url, PETAGE_ADVERTISE: address, PETAGE_NATS_OUTAGE_MS: outageMs } = this.#env;
    if (!url) {
      const hint = "Start nats-server and set NATS_URL=nats://127.0.0.1:4222";
      throw new PetageError("INVALID_ARGUMENT", `NATS_URL is not set, and ${purpose}`, { hint });
    }
    // A pod starts whenever it does: NATS may be away then, and its own network not complete yet.
    const patienceMs = address ? outageMs : 0;
    return await (this.#connecting ??= connectNats({ ...this.#options, url, outageMs, patienceMs }));
  }

  /**
   * Where the service of `label` is.
   * @param given its address, where the environment says it; nobody is asked then.
   * @throws UNAVAILABLE when it does not answer in time.
   */
  async find(label: Announced, given: string | undefined): Promise<string> {
    if (given) return given;
    return await findAddress(await this.#asking(`the ${label} is found over NATS`), label);
  }

  /** Tells whoever asks where this service is, from now on; on one machine, without PETAGE_ADVERTISE, nothing. */
  async announce(label: Announced): Promise<void> {
    const { PETAGE_ADVERTISE: address } = this.#env;
    if (address) announce(await this.#asking(`the ${label} is found over NATS`), label, address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const nats = await this.#connecting?.catch(() => undefined);
    await nats?.[Symbol.asyncDispose]();
  }

  async #asking(purpose: string): Promise<Asking> {
    const { JOB_UID: job, ATTEMPT: attempt, PETAGE_PEER_TIMEOUT_MS: peerTimeoutMs } = this.#env;
    const { signal, log } = this.#options;
    return { nats: await this.nats(purpose), job, attempt, peerTimeoutMs, signal, log };
  }
}
