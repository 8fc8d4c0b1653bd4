import { binary, searchPath } from "./binaries.ts";
import { execute } from "./execute.ts";
import type { ExecuteOptions } from "./execute.ts";
import type { Site } from "./site.ts";

/** The command-line clients of a cluster, as its administrator. */
export class Client {
  readonly #site: Site;
  /** A path. */
  readonly kubeconfig: string;

  constructor(site: Site, kubeconfig: string) {
    this.#site = site;
    this.kubeconfig = kubeconfig;
  }

  /** Runs kubectl and returns what it printed. PROCESS_FAILED quotes its complaint. */
  async kubectl(args: readonly string[], options: ExecuteOptions = {}): Promise<string> {
    return await this.run([binary(this.#site.binaries, "kubectl"), ...args], options);
  }

  /** Runs Helm (level 2) and returns what it printed. */
  async helm(args: readonly string[], options: ExecuteOptions = {}): Promise<string> {
    return await this.run([binary(this.#site.binaries, "helm"), ...args], options);
  }

  /** Creates or changes objects. */
  async apply(...manifests: readonly object[]): Promise<string> {
    return await this.kubectl(["apply", "--filename=-"], { input: listOf(manifests) });
  }

  /** An object, or a list of them: `get("pod", "trainer-0", "--namespace=a")`. */
  async get<T = Record<string, unknown>>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(["get", ...args, "--output=json"])) as T;
  }

  /** The names of the nodes that take pods. */
  async readyNodes(): Promise<ReadonlySet<string>> {
    const path = '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    const lines = (await this.kubectl(["get", "nodes", `--output=jsonpath=${path}`])).split("\n");
    return new Set(lines.filter((line) => line.endsWith(" True")).map((line) => line.slice(0, -" True".length)));
  }

  /** Runs a program that finds the cluster by its environment: KUBECONFIG, and PATH with the cluster's programs. */
  async run(command: readonly string[], { environment, ...options }: ExecuteOptions = {}): Promise<string> {
    const own = { PATH: searchPath(this.#site.binaries), KUBECONFIG: this.kubeconfig, HOME: this.#site.slot.folder };
    return await execute(command, { ...options, environment: { ...own, ...environment } });
  }
}

/** Several manifests as one. */
export function listOf(manifests: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
}
