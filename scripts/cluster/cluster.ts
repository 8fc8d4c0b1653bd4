import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import { apiServerReady } from "./api-server.ts";
import { readAuditLog } from "./audit.ts";
import type { AuditEvent } from "./audit.ts";
import { Client, listOf } from "./client.ts";
import type { ExecuteOptions } from "./execute.ts";
import { forward } from "./forward.ts";
import type { Forward } from "./forward.ts";
import { importImage, loseNode, nodeReady, startFurtherNode, startNode } from "./node.ts";
import type { NodeSite } from "./node.ts";
import { fakeNodes } from "./scheduling.ts";
import type { FakeNodeOptions } from "./scheduling.ts";
import { apiUrl } from "./site.ts";
import type { Site } from "./site.ts";
import { takeDown } from "./teardown.ts";
import type { Level } from "./tools.ts";

/** A running test cluster. Disposing it leaves nothing behind. */
export class Cluster extends Client implements AsyncDisposable {
  readonly #site: Site;
  readonly #nodes: NodeSite[] = [];
  readonly level: Level;
  /** The API server's address. */
  readonly url: string;
  /** Holds everything of this cluster: a log of each of its processes, certificates, data. */
  readonly folder: string;
  /** Which of this machine's test clusters it is. */
  readonly number: number;

  constructor(site: Site, kubeconfig: string) {
    super(site, kubeconfig);
    this.#site = site;
    this.level = site.level;
    this.url = apiUrl(site.slot);
    this.folder = site.slot.folder;
    this.number = site.slot.number;
  }

  /** The requests of users so far, as the API server logged them. */
  auditLog(): readonly AuditEvent[] {
    return readAuditLog(this.#site.slot);
  }

  /** Adds nodes that kwok plays (level 2), waits until they are ready, and returns their names. */
  async addFakeNodes(count: number, options: FakeNodeOptions = {}): Promise<readonly string[]> {
    this.#require(2, "addFakeNodes");
    const nodes = fakeNodes(count, options);
    await this.kubectl(["create", "--filename=-", "--output=name"], { input: listOf(nodes) });
    const names = nodes.map(({ metadata }) => metadata.name);
    await this.#site.processes.until(`${count} fake nodes are ready`, async () => {
      const ready = await this.readyNodes();
      return names.every((name) => ready.has(name));
    });
    return names;
  }

  /** Gives a node GPUs (`nvidia.com/gpu`), real or fake. A kubelet keeps them. */
  async patchGpus(node: string, count: number): Promise<void> {
    const patch = ["capacity", "allocatable"].map((field) => ({
      op: "add",
      path: `/status/${field}/nvidia.com~1gpu`,
      value: String(count),
    }));
    const what = ["node", node, "--subresource=status", "--type=json", `--patch=${JSON.stringify(patch)}`];
    await this.kubectl(["patch", ...what]);
  }

  /** Starts a node that runs containers (level 3): the first comes with the cluster. Returns its name. */
  async startNode(): Promise<string> {
    this.#require(3, "startNode");
    const number = this.#nodes.length + 1;
    const started = await (number === 1 ? startNode(this.#site, this) : startFurtherNode(this.#site, number));
    this.#nodes.push(started);
    return started.node.name;
  }

  /** Waits until the nodes that run containers take pods. */
  async nodesReady(): Promise<void> {
    for (const node of this.#nodes) await nodeReady(node, this);
  }

  /** Ends all that runs on a further node at once, as if its plug were pulled. */
  async loseNode(name: string): Promise<void> {
    await loseNode(
      defined(
        this.#nodes.find(({ node }) => node.name === name),
        `node ${name}`,
      ),
    );
  }

  /** Makes the images of a docker archive known to the nodes (level 3), and returns the names that pods use. */
  async loadImage(file: string): Promise<readonly string[]> {
    this.#require(3, "loadImage");
    let names: readonly string[] = [];
    for (const node of this.#nodes) names = await importImage(node, file);
    return names;
  }

  /** Runs a program in the cluster's namespaces (level 3), where services and pods are reached by their addresses. */
  async exec(command: readonly string[], options: ExecuteOptions = {}): Promise<string> {
    return await this.run([...this.#site.inside, ...command], options);
  }

  /** Makes an address in the cluster's network (level 3), a service's or a pod's, reachable from here. */
  async forward(host: string, port: number): Promise<Forward> {
    this.#require(3, "forward");
    return await forward(this.#site, { host, port });
  }

  /** Ends one of the cluster's processes at once: `kubelet`, `kube-scheduler`, ... */
  async kill(name: string): Promise<void> {
    await this.#site.processes.kill(name);
  }

  /** Ends one of them and starts it again, with the same data; waits until the API server is ready. */
  async restart(name: string): Promise<void> {
    await this.#site.processes.restart(name);
    await apiServerReady(this.#site);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await takeDown(this.#site.slot);
  }

  #require(level: Level, what: string): void {
    if (this.level >= level) return;
    throw new PetageError(
      "FAILED_PRECONDITION",
      `${what} needs a cluster of level ${level}; this one has ${this.level}`,
    );
  }
}
