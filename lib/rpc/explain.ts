import { status, type ServiceError } from "@grpc/grpc-js";

/** Why a call failed that no service of ours has answered. */
export interface Explanation {
  readonly reason: string;
  readonly hint?: string | undefined;
  /** Whether its connection ended with an error, which grpc-js calls INTERNAL. */
  readonly isBroken?: boolean;
}

/** What grpc-js says, what that means, and what helps. `$1` stands for the first group. */
const MEANINGS: readonly (Explanation & { readonly says: RegExp })[] = [
  { says: /^Connection dropped$/, reason: "it no longer answers: it has ended, is frozen or cut off" },
  {
    says: /^Deadline exceeded after (\d+\.\d)\d*s/,
    reason: "it did not answer within $1 s: it is frozen, overloaded or cut off",
  },
  {
    says: /^Received RST_STREAM with code \d+ triggered by internal client error: (.*)$/,
    reason: "its connection broke: $1",
    hint: "Try again in a moment",
    isBroken: true,
  },
  {
    says: /SSL routines:.*:wrong version number/,
    reason: "what listens there takes no TLS",
    hint: "Leave --tls-ca and --tls-cert out, or let the service take TLS, as docs/security.md has it",
  },
  {
    says: /^(?:Failed to connect|Protocol error) \(/,
    reason: "what listens there takes TLS alone, or is no gRPC service",
    hint: "If it takes TLS, give the CA of its certificate: --tls-ca",
  },
  {
    says: /SSL routines:.*alert certificate required/,
    reason: "it takes callers with a certificate alone",
    hint: "Give yours: --tls-cert and --tls-key",
  },
  {
    says: /certificate has expired/,
    reason: "its certificate has expired",
    hint: "Have it renewed, and compare the clocks of both machines",
  },
  {
    says: /((?:unable to (?:verify|get)|self[- ]signed|signature failure).*)/,
    reason: "its certificate is of a CA that is not trusted here: $1",
    hint: "Give the CA of its certificate: --tls-ca",
  },
  {
    says: /does not match certificate's altnames: (.*)/,
    reason: "its certificate is for other names: $1",
    hint: "Call it by one of them, or give one with --tls-server-name",
  },
];

/** What a failure means of which gRPC itself tells. */
export function explain({ code, details }: Pick<ServiceError, "code" | "details">, service: string): Explanation {
  const said = lastError(details);
  const hint = hintFor(code, service);
  for (const { says, reason, ...meaning } of MEANINGS) {
    const found = says.exec(said);
    if (found) return { hint, ...meaning, reason: reason.replace("$1", () => found[1] ?? "") };
  }
  return { reason: said, hint };
}

/** grpc-js wraps why it cannot connect: `No connection established. Last error: Error: ... Resolution note: .` */
function lastError(details: string): string {
  const inner = details.split("Last error: ").at(-1) ?? details;
  return inner
    .replace(/ Resolution note:[\s.]*$/, "")
    .replace(/^Error: |\.$/g, "")
    .trim();
}

function hintFor(code: status, service: string): string | undefined {
  if (code === status.UNAVAILABLE) return `Check that ${service} is running and that the address is right`;
  if (code === status.UNIMPLEMENTED) return `Check that ${service} is of the same version as its caller`;
  return undefined;
}
