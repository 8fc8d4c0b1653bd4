import { readFileSync, writeFileSync } from "node:fs";
import type { KeyPair } from "./certificates.ts";

/** Writes the file by which a client finds the API server and shows who it is. JSON is YAML too. */
export function writeKubeconfig(
  path: string,
  { server, authority, user }: { readonly server: string; readonly authority: string; readonly user: KeyPair },
): void {
  const base64 = (file: string): string => readFileSync(file).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "petage", cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [
      {
        name: "user",
        user: { "client-certificate-data": base64(user.certificate), "client-key-data": base64(user.key) },
      },
    ],
    contexts: [{ name: "petage", context: { cluster: "petage", user: "user" } }],
    "current-context": "petage",
  };
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
