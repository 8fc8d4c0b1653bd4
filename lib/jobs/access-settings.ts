import { z } from "zod";
import { optional, optionalPort, unlessEmpty } from "#lib/config/optional-variable.ts";

/** Who may call whom, and how that is encrypted: of every process of ours, and of the command line as a caller. */
export const accessVariables = {
  /** PEM files: the certificate (with those between it and the CA), and its key. A service that has them serves TLS. */
  PETAGE_TLS_CERT: optional,
  PETAGE_TLS_KEY: optional,
  /** PEM file: the CAs that servers' certificates are checked by, and those of clients. */
  PETAGE_TLS_CA: optional,
  /** "true": nobody without a certificate gets a connection. */
  PETAGE_TLS_REQUIRE_CLIENT: optional,
  /** The name that servers' certificates must have; without it, that by which they are called. Workers of jobs share one. */
  PETAGE_TLS_SERVER_NAME: optional,
  /** Port for health alone, without TLS, which kubelet's probes do not speak. */
  PETAGE_HEALTH_PORT: optionalPort,
  /** Whose token gives which roles: a line each, `TOKEN ROLE[,ROLE] NAME`. */
  PETAGE_TOKENS_FILE: optional,
  /** The token that this process sends as a caller. */
  PETAGE_TOKEN_FILE: optional,
  /** What the token of a job is made of, together with its uid. */
  PETAGE_JOB_KEY: optional,
  /** Calls that one client may have open at a server. */
  PETAGE_MAX_CALLS_PER_CLIENT: unlessEmpty(z.coerce.number().int().min(1).max(1_000_000).optional()),
};

/** Paths are of PEM files, or of text. */
export interface AccessSettings {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
  readonly requireClient?: boolean;
  readonly serverName?: string | undefined;
  readonly healthPort?: number | undefined;
  readonly tokensFile?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly jobKey?: string | undefined;
  readonly maxCallsPerClient?: number | undefined;
}

type Variables = z.output<z.ZodObject<typeof accessVariables>>;

export function accessSettings(variables: Variables): AccessSettings {
  return {
    cert: variables.PETAGE_TLS_CERT,
    key: variables.PETAGE_TLS_KEY,
    ca: variables.PETAGE_TLS_CA,
    requireClient: variables.PETAGE_TLS_REQUIRE_CLIENT === "true",
    serverName: variables.PETAGE_TLS_SERVER_NAME,
    healthPort: variables.PETAGE_HEALTH_PORT,
    tokensFile: variables.PETAGE_TOKENS_FILE,
    tokenFile: variables.PETAGE_TOKEN_FILE,
    jobKey: variables.PETAGE_JOB_KEY,
    maxCallsPerClient: variables.PETAGE_MAX_CALLS_PER_CLIENT,
  };
}

/** The variables as they are set for a process that is to serve its parent alone, on this machine; limits hold there, too. */
export const NO_ACCESS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(accessVariables)
    .filter((name) => name !== "PETAGE_MAX_CALLS_PER_CLIENT")
    .map((name) => [name, ""]),
);
