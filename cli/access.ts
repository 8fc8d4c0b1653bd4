import { Option } from "commander";
import type { Command } from "commander";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client, ServiceName } from "#lib/rpc/contract.ts";

/** How a command comes to a service that runs already. */
export interface AccessFlags {
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly tokenFile?: string;
}

/** The flags of a command that calls a service; the services themselves have the same variables. */
export function withAccess(command: Command): Command {
  return command
    .addOption(new Option("--tls-ca <file>", "call it over TLS: the CA of its certificate").env("PETAGE_TLS_CA"))
    .addOption(new Option("--tls-cert <file>", "certificate of the caller").env("PETAGE_TLS_CERT"))
    .addOption(new Option("--tls-key <file>", "key of that certificate").env("PETAGE_TLS_KEY"))
    .addOption(
      new Option("--tls-server-name <name>", "name in its certificate, where it is called by another").env(
        "PETAGE_TLS_SERVER_NAME",
      ),
    )
    .addOption(new Option("--token-file <file>", "token of the caller").env("PETAGE_TOKEN_FILE"));
}

/** What leads another command to the same service in the same way: flags and their values. */
export function accessWords(flags: AccessFlags): string[] {
  return wordsOf({
    "tls-ca": flags.tlsCa,
    "tls-cert": flags.tlsCert,
    "tls-key": flags.tlsKey,
    "tls-server-name": flags.tlsServerName,
    "token-file": flags.tokenFile,
  });
}

/** The flags that are given, each before its value. */
export function wordsOf(flags: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, value]));
}

/** A client of a service that runs already. */
export async function dialAs<N extends ServiceName>(
  { tlsCa: ca, tlsCert: cert, tlsKey: key, tlsServerName: serverName, tokenFile }: AccessFlags,
  address: string,
  service: N,
): Promise<Client<N>> {
  const access = await openAccess({ ca, cert, key, serverName, tokenFile });
  const client = dial(address, service, { access });
  const dispose = async (): Promise<void> => {
    await client[Symbol.asyncDispose]();
    access[Symbol.dispose]();
  };
  return { ...client, [Symbol.asyncDispose]: dispose };
}
