import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../setup/run.ts";

const TIMEOUT_MS = 60_000;
const VALID_DAYS = "365";

/** Who a certificate is for: its name and groups are what the API server authorises. */
export interface Subject {
  readonly name: string;
  readonly group?: string;
}

/** Paths of a certificate and its key. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority of a cluster's own, made with openssl in a folder. */
export class Authority {
  readonly #folder: string;
  readonly own: KeyPair;

  private constructor(folder: string) {
    this.#folder = folder;
    this.own = pairIn(folder, "ca");
  }

  static async create(folder: string): Promise<Authority> {
    const authority = new Authority(folder);
    const { certificate, key } = authority.own;
    await openssl(["req", "-x509", ...newKey(key), "-out", certificate, "-subj", "/CN=petage-cluster"]);
    return authority;
  }

  /** A client's certificate, or a server's when it has names: `IP:127.0.0.1`, `DNS:localhost`. */
  async sign(file: string, { name, group }: Subject, serverNames: readonly string[] = []): Promise<KeyPair> {
    const pair = pairIn(this.#folder, file);
    const subject = `${group === undefined ? "" : `/O=${group}`}/CN=${name}`;
    const extensions = ["basicConstraints=critical,CA:FALSE"];
    if (serverNames.length > 0) extensions.push(`subjectAltName=${serverNames.join(",")}`);
    const args = ["req", "-x509", ...newKey(pair.key), "-out", pair.certificate, "-subj", subject];
    const issuer = ["-CA", this.own.certificate, "-CAkey", this.own.key];
    await openssl([...args, ...issuer, ...extensions.flatMap((extension) => ["-addext", extension])]);
    return pair;
  }

  /** A key alone, in the older of two formats (SEC 1): service accounts' tokens are signed with it. */
  signingKey(file: string): string {
    const { key } = pairIn(this.#folder, file);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(key, privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
    return key;
  }
}

function pairIn(folder: string, file: string): KeyPair {
  return { certificate: join(folder, `${file}.crt`), key: join(folder, `${file}.key`) };
}

function newKey(path: string): string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path, "-days", VALID_DAYS];
}

async function openssl(args: readonly string[]): Promise<void> {
  await run("openssl", args, { timeoutMs: TIMEOUT_MS });
}
