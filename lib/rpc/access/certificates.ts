import { X509Certificate } from "node:crypto";
import { checkServerIdentity, createSecureContext } from "node:tls";
import { experimental, type ChannelCredentials, type ServerCredentials } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { Reloaded } from "./reloaded.ts";

/** PEM files. */
export interface CertificateFiles {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

interface Pem {
  readonly identity: experimental.IdentityCertificateUpdate | undefined;
  readonly ca: experimental.CaCertificateUpdate | undefined;
}

/**
 * The certificate of this process and the CAs that it trusts, as files that change. New connections take what is there;
 * those that are open stay. grpc-js has a provider of its own for files: it takes a certificate before its key has
 * changed, too, and then drops every connection.
 */
export class Certificates implements Disposable, experimental.CertificateProvider {
  readonly #pem: Reloaded<Pem>;
  readonly #forget = new Map<unknown, () => void>();

  private constructor(pem: Reloaded<Pem>) {
    this.#pem = pem;
  }

  /** INVALID_ARGUMENT where the files do not fit together. */
  static async open(files: CertificateFiles, { log, intervalMs }: CertificateOptions): Promise<Certificates> {
    if ((files.cert === undefined) !== (files.key === undefined)) {
      throw new PetageError("INVALID_ARGUMENT", "A certificate and its key come together, and only one is given", {
        hint: "Set both PETAGE_TLS_CERT and PETAGE_TLS_KEY (--tls-cert, --tls-key)",
      });
    }
    const names = (["cert", "key", "ca"] as const).filter((name) => files[name] !== undefined);
    const paths = names.map((name) => files[name] ?? "");
    const make = (contents: readonly Buffer[]): Pem =>
      pemOf(Object.fromEntries(names.map((name, index) => [name, contents[index]])), paths);
    return new Certificates(await Reloaded.open({ paths, make, log, ...(intervalMs !== undefined && { intervalMs }) }));
  }

  /** For a server: undefined without a certificate. With CAs, clients are asked for certificates, too. */
  ofServer(options: { readonly requireClient: boolean }): ServerCredentials | undefined {
    const { identity, ca } = this.#pem.value;
    if (!identity) return undefined;
    // Its first two parameters are named the wrong way round: it takes the certificate, and then the CAs, if any.
    return experimental.createCertificateProviderServerCredentials(this, ca ? this : null, options.requireClient);
  }

  /** For a client: undefined without CAs. @param host the name or address that the server's certificate must have */
  ofChannel(host: string): ChannelCredentials | undefined {
    const { identity, ca } = this.#pem.value;
    const own = identity ? this : null;
    if (!ca) return undefined;
    return experimental.createCertificateProviderChannelCredentials(this, own, {
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    });
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#add(listener, ({ ca }) => ca);
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#remove(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#add(listener, ({ identity }) => identity);
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#remove(listener);
  }

  [Symbol.dispose](): void {
    this.#pem[Symbol.dispose]();
  }

  /** A listener hears what there is, a moment after it was added, and then every change. */
  #add<Part>(listener: (part: Part | null) => void, partOf: (pem: Pem) => Part | undefined): void {
    const tell = (): void => listener(partOf(this.#pem.value) ?? null);
    this.#forget.set(listener, this.#pem.onChange(tell));
    queueMicrotask(tell);
  }

  #remove(listener: unknown): void {
    this.#forget.get(listener)?.();
    this.#forget.delete(listener);
  }
}

interface CertificateOptions {
  readonly log: Log;
  readonly intervalMs?: number | undefined;
}

/** A context takes CAs that are none for no CAs. */
function checkCertificate(pem: Buffer): X509Certificate {
  return new X509Certificate(pem);
}

/** OpenSSL says whether they are PEM, and whether the key is that of the certificate. */
function pemOf({ cert, key, ca }: { cert?: Buffer; key?: Buffer; ca?: Buffer }, paths: readonly string[]): Pem {
  try {
    createSecureContext({ ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) });
    if (ca) checkCertificate(ca);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PetageError("INVALID_ARGUMENT", `${paths.join(", ")} do not make a certificate, key and CA: ${why}`, {
      cause,
      hint: "They are PEM; the key is that of the first certificate in its file",
    });
  }
  return {
    identity: cert && key && { certificate: cert, privateKey: key },
    ca: ca && { caCertificate: ca },
  };
}
