import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import type { AccessSettings } from "#lib/jobs/access-settings.ts";
import { CHART } from "../../scripts/deploy.ts";
import { objectsOf } from "./rendered.ts";

export interface ChartSecrets extends AsyncDisposable {
  /** Where the files of a Secret lie, as a pod that mounts it has them. */
  folder(secret: string): string;
  /** What controller and inference are set to, and the pods of jobs. */
  readonly tls: AccessSettings;
  readonly workers: AccessSettings;
}

/** The Secrets that a release with TLS makes, as files. */
export async function chartSecrets(helm: { run(...args: readonly string[]): Promise<string> }): Promise<ChartSecrets> {
  const text = await helm.run("template", "petage", CHART, "--namespace", "petage", "--set", "tls.enabled=true");
  const root = await mkdtemp(join(tmpdir(), "petage-secrets-"));
  const folder = (secret: string): string => join(root, secret);
  for (const { kind, metadata, ...object } of objectsOf(text)) {
    if (kind !== "Secret") continue;
    const data = defined((object as { data?: Readonly<Record<string, string>> }).data, metadata.name);
    await mkdir(folder(metadata.name));
    for (const [file, content] of Object.entries(data)) {
      await writeFile(join(folder(metadata.name), file), Buffer.from(content, "base64"));
    }
  }
  const tls = (secret: string): AccessSettings => ({
    cert: join(folder(secret), "tls.crt"),
    key: join(folder(secret), "tls.key"),
    ca: join(folder(secret), "ca.crt"),
  });
  return {
    folder,
    tls: { ...tls("petage-tls"), tokensFile: join(folder("petage-tokens"), "tokens") },
    workers: { ...tls("petage-worker-tls"), serverName: "petage-worker", jobKey: "key" },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
