import { execFile } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface CertificateSpec {
  /** CN of its subject. */
  readonly name: string;
  /** As openssl writes them: `DNS:localhost`, `IP:127.0.0.1`, `URI:petage://role/train`. */
  readonly alternativeNames?: readonly string[];
}

/** The paths of a certificate and of its key, as settings name them. */
export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
}

/** A CA in a folder of its own, by the real openssl. Disposing removes the folder with all that it has issued. */
export class CertificateAuthority implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(name = "Test CA"): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(await mkdtemp(join(tmpdir(), "petage-ca-")));
    const { cert, key } = authority.#paths("ca");
    await openssl("req", "-x509", ...KEY, "-keyout", key, "-out", cert, "-days", "2", "-subj", `/CN=${name}`);
    return authority;
  }

  /** The PEM file of its own certificate. */
  get ca(): string {
    return this.#paths("ca").cert;
  }

  /** Issues a certificate. One that has the file already is replaced, key first, as a rotation may do it. */
  async issue(file: string, { name, alternativeNames = [] }: CertificateSpec): Promise<CertificatePaths> {
    const { cert, key } = this.#paths(file);
    const [newCert, newKey] = [`${cert}.new`, `${key}.new`];
    const extensions = join(this.folder, `${file}.ext`);
    // In a section of their own, where a comma is a part of a name.
    const names = alternativeNames.map((text, index) => text.replace(":", `.${index} = `));
    const lines = names.length > 0 ? ["subjectAltName = @names", "[names]", ...names] : [];
    await writeFile(extensions, lines.join("\n"));
    const request = join(this.folder, `${file}.csr`);
    await openssl("req", "-new", ...KEY, "-keyout", newKey, "-out", request, "-subj", `/CN=${name}`);
    const signed = ["-CA", this.ca, "-CAkey", this.#paths("ca").key, "-CAcreateserial", "-days", "2"];
    await openssl("x509", "-req", "-in", request, "-out", newCert, ...signed, "-extfile", extensions);
    await rename(newKey, key);
    await rename(newCert, cert);
    return { cert, key };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #paths(file: string): CertificatePaths {
    return { cert: join(this.folder, `${file}.crt`), key: join(this.folder, `${file}.key`) };
  }
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function openssl(...args: readonly string[]): Promise<void> {
  await execute("openssl", args);
}

/** The names of a server that tests reach on this machine. */
export const SERVER_NAMES = ["DNS:localhost", "IP:127.0.0.1"];
