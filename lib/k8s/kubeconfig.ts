import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { RequestOptions } from "node:https";
import type * as Library from "@kubernetes/client-node";
import { newClusters, newContexts, newUsers } from "@kubernetes/client-node/dist/config_types.js";
import type { Cluster, Context, User } from "@kubernetes/client-node/dist/config_types.js";
import { parse } from "yaml";

/** What a kubeconfig says; the library's `KubeConfig` is one, too. */
export interface Kubeconfig {
  readonly clusters: Cluster[];
  readonly users: User[];
  readonly contexts: Context[];
  currentContext: string;
}

interface KubeconfigFile {
  readonly clusters?: unknown;
  readonly users?: unknown;
  readonly contexts?: unknown;
  readonly "current-context"?: string;
}

/** Reads a kubeconfig file. Relative paths in it start from its folder. */
export function readKubeconfig(path: string): Kubeconfig {
  const read = parse(readFileSync(path, "utf8")) as KubeconfigFile | null;
  const folder = dirname(path);
  const absolute = <T extends object>(object: T, ...keys: readonly (keyof T & string)[]): T => {
    const files = keys.flatMap((key) => (object[key] ? [[key, resolve(folder, String(object[key]))] as const] : []));
    return { ...object, ...Object.fromEntries(files) };
  };
  return {
    clusters: newClusters(read?.clusters).map((cluster) => absolute(cluster, "caFile")),
    users: newUsers(read?.users).map((user) => absolute(user, "certFile", "keyFile")),
    contexts: newContexts(read?.contexts),
    currentContext: read?.["current-context"] ?? "",
  };
}

/** What the library finds by itself: $KUBECONFIG, ~/.kube/config, or the files that a pod has. */
export function defaultKubeconfig(): Kubeconfig {
  const config = new (library().KubeConfig)();
  config.loadFromDefault();
  return config;
}

/** Where every pod finds who it is. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What a pod has: its account's files, and the API server's address. */
export function podKubeconfig(server: string, folder = SERVICE_ACCOUNT): Kubeconfig {
  const name = "pod";
  const user: User = { name, authProvider: { name: "tokenFile", config: { tokenFile: join(folder, "token") } } };
  const namespace = readFileSync(join(folder, "namespace"), "utf8").trim();
  return {
    clusters: [{ name, server, caFile: join(folder, "ca.crt"), skipTLSVerify: false }],
    users: [user],
    contexts: [{ name, cluster: name, user: name, namespace }],
    currentContext: name,
  };
}

export interface Current {
  readonly cluster: Cluster | undefined;
  readonly user: User | undefined;
  readonly context: Context | undefined;
}

export function currentOf({ clusters, users, contexts, currentContext }: Kubeconfig): Current {
  const context = contexts.find(({ name }) => name === currentContext);
  return {
    context,
    cluster: clusters.find(({ name }) => name === context?.cluster),
    user: users.find(({ name }) => name === context?.user),
  };
}

/**
 * How a user logs in, now. Certificates, tokens and passwords are read here; for programs, providers and proxies there
 * is the library, of which all parts are loaded then: a second, and more than a hundred megabytes.
 */
export async function loginOptions(config: Kubeconfig): Promise<RequestOptions> {
  const { cluster, user } = currentOf(config);
  if (user?.exec || (user?.authProvider && !tokenFileOf(user)) || user?.impersonateUser || cluster?.proxyUrl) {
    const options: RequestOptions = { headers: {} };
    await asLibrary(config).applyToHTTPSOptions(options);
    return options;
  }
  return { ...certificates(cluster, user), ...login(user) };
}

function certificates(cluster: Cluster | undefined, user: User | undefined): RequestOptions {
  const content = (data: string | undefined, file: string | undefined): Buffer | undefined =>
    data ? Buffer.from(data, "base64") : file ? readFileSync(file) : undefined;
  return {
    ca: content(cluster?.caData, cluster?.caFile),
    cert: content(user?.certData, user?.certFile),
    key: content(user?.keyData, user?.keyFile),
    ...(cluster?.skipTLSVerify && { rejectUnauthorized: false }),
    ...(cluster?.tlsServerName && { servername: cluster.tlsServerName }),
  };
}

function login(user: User | undefined): RequestOptions {
  const file = user && tokenFileOf(user);
  const token = file ? readFileSync(file, "utf8").trim() : user?.token;
  return {
    ...(user?.username && { auth: `${user.username}:${user.password}` }),
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  };
}

/** The file of a token that changes: kubelet writes a new one every hour. */
function tokenFileOf({ authProvider }: User): string | undefined {
  const provider = authProvider as { readonly config?: { readonly tokenFile?: string } } | undefined;
  return provider?.config?.tokenFile;
}

/** One for each config, because it remembers the tokens that it got. */
const made = new WeakMap<Kubeconfig, Library.KubeConfig>();

function asLibrary(config: Kubeconfig): Library.KubeConfig {
  const { KubeConfig } = library();
  if (config instanceof KubeConfig) return config;
  const known = made.get(config) ?? new KubeConfig();
  known.loadFromOptions(config);
  made.set(config, known);
  return known;
}

function library(): typeof Library {
  return createRequire(import.meta.url)("@kubernetes/client-node") as typeof Library;
}
