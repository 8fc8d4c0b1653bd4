import { existsSync } from "node:fs";
import { isIPv6 } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The one kubeconfig file that kubectl would read; undefined where it is none, or several at once. */
export function kubeconfigPath(): string | undefined {
  const named = process.env["KUBECONFIG"];
  if (named) return named.includes(delimiter) ? undefined : named;
  const usual = join(homedir(), ".kube", "config");
  return existsSync(usual) ? usual : undefined;
}

/** Where a pod finds the API server; undefined where this is no pod. */
export function podApiServer(): string | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = process.env;
  if (!host) return undefined;
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
