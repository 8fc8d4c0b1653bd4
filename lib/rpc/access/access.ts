import { isIP } from "node:net";
import { credentials, ServerCredentials, type ChannelCredentials } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog, type Log } from "#lib/base/log.ts";
import type { AccessSettings } from "#lib/jobs/access-settings.ts";
import { MAX_CALLS_PER_CLIENT } from "../limits.ts";
import { Certificates } from "./certificates.ts";
import { Gate } from "./gate.ts";
import { Reloaded } from "./reloaded.ts";
import { jobToken, parseTokens, type Tokens } from "./tokens.ts";

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/;

/** What a client says which server it looks for where that has but an address; grpc-js would say that, which TLS forbids. */
const NO_SERVER_NAME = "address.invalid";

export interface ChannelAccess {
  readonly credentials: ChannelCredentials;
  readonly options: Readonly<Record<string, string>>;
}

export interface AccessOptions {
  readonly log?: Log;
  /** How often the files are looked at. */
  readonly intervalMs?: number;
}

/** How this process lets others in, and how it comes to others. Disposing stops looking at its files. */
export class Access implements Disposable {
  readonly #settings: AccessSettings;
  readonly #certificates: Certificates | undefined;
  readonly #tokens: Reloaded<Tokens> | undefined;
  readonly #token: Reloaded<string> | undefined;

  constructor(settings: AccessSettings = {}, files: AccessFiles = {}) {
    this.#settings = settings;
    this.#certificates = files.certificates;
    this.#tokens = files.tokens;
    this.#token = files.token;
  }

  get healthPort(): number | undefined {
    return this.#settings.healthPort;
  }

  /** Insecure ones without a certificate. */
  server(): ServerCredentials {
    const { requireClient = false } = this.#settings;
    return this.#certificates?.ofServer({ requireClient }) ?? ServerCredentials.createInsecure();
  }

  /** Who may call a server. @param job uid of the job that it belongs to */
  gate(job: string | undefined): Gate {
    const { ca, cert, tokensFile, maxCallsPerClient = MAX_CALLS_PER_CLIENT } = this.#settings;
    return new Gate({
      asksRoles: tokensFile !== undefined || (ca !== undefined && cert !== undefined),
      tokens: () => this.#tokens?.value,
      jobToken: job === undefined ? undefined : this.#jobToken(job),
      maxCallsPerClient,
    });
  }

  /** How a channel is made. */
  channel(address: string): ChannelAccess {
    const host = this.#settings.serverName ?? hostOf(address);
    const secure = this.#certificates?.ofChannel(host);
    if (!secure) return { credentials: credentials.createInsecure(), options: {} };
    const named = isIP(host) === 0 ? host : NO_SERVER_NAME;
    return { credentials: secure, options: { "grpc.ssl_target_name_override": named } };
  }

  /** The header `authorization` of calls to a service. @param job uid of the job that it belongs to */
  authorization(address: string, job: string | undefined): string | undefined {
    const token = (job === undefined ? undefined : this.#jobToken(job)) ?? this.#ownToken(address);
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  [Symbol.dispose](): void {
    for (const files of [this.#certificates, this.#tokens, this.#token]) files?.[Symbol.dispose]();
  }

  #jobToken(uid: string): string | undefined {
    const { jobKey } = this.#settings;
    return jobKey === undefined ? undefined : jobToken(jobKey, uid);
  }

  /** It gives its bearer a role: it does not travel for all to read. */
  #ownToken(address: string): string | undefined {
    const token = this.#token?.value;
    if (token === undefined || this.#settings.ca !== undefined || LOOPBACK.test(address)) return token;
    throw new PetageError("FAILED_PRECONDITION", `The token would travel to ${address} without encryption`, {
      hint: "Name the CA of its certificate (--tls-ca, PETAGE_TLS_CA), or leave the token out",
    });
  }
}

/** Of `host:port`, `[address]:port`. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

interface AccessFiles {
  readonly certificates?: Certificates | undefined;
  readonly tokens?: Reloaded<Tokens> | undefined;
  readonly token?: Reloaded<string> | undefined;
}

/** Reads the files that the settings name. INVALID_ARGUMENT, or why a file cannot be read. */
export async function openAccess(settings: AccessSettings, options: AccessOptions = {}): Promise<Access> {
  const { cert, key, ca, requireClient, tokensFile, tokenFile } = settings;
  if (requireClient && (cert === undefined || ca === undefined)) {
    throw new PetageError(
      "INVALID_ARGUMENT",
      "Client certificates are required, and there is nothing to check them by",
      {
        hint: "Set PETAGE_TLS_CERT, PETAGE_TLS_KEY and PETAGE_TLS_CA, too",
      },
    );
  }
  const { log = silentLog, ...rest } = options;
  const reloaded = { log, ...rest };
  const hasFiles = cert !== undefined || key !== undefined || ca !== undefined;
  const text = <T>(path: string, make: (text: string) => T): Promise<Reloaded<T>> =>
    Reloaded.open({ ...reloaded, paths: [path], make: ([bytes]) => make(String(bytes)) });
  return new Access(settings, {
    certificates: hasFiles ? await Certificates.open({ cert, key, ca }, reloaded) : undefined,
    tokens: tokensFile === undefined ? undefined : await text(tokensFile, (lines) => parseTokens(lines, tokensFile)),
    token: tokenFile === undefined ? undefined : await text(tokenFile, (line) => line.trim()),
  });
}
