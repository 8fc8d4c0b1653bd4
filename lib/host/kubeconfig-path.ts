import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The one kubeconfig file that kubectl would read; undefined where it is none, or several at once. */
export function kubeconfigPath(): string | undefined {
  const named = process.env["KUBECONFIG"];
  if (named) return named.includes(delimiter) ? undefined : named;
  const usual = join(homedir(), ".kube", "config");
  return existsSync(usual) ? usual : undefined;
}
