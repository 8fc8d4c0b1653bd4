import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { NativeBackend, TensorMetadata } from "#lib/engine/native/backend.ts";
import type { Graph, Output } from "./graph.ts";
import { encodeSavedModel, TAG } from "./saved-model.ts";

/** A TensorFlow session on a graph. Its variables go with it. */
export class Session implements Disposable {
  readonly #binding: NativeBackend["binding"];
  readonly #number: number;

  /** @param folder where the graph is written for as long as the library reads it */
  constructor({ binding }: NativeBackend, graph: Graph, folder: string) {
    this.#binding = binding;
    mkdirSync(folder, { recursive: true });
    const own = mkdtempSync(join(folder, "graph-"));
    try {
      writeFileSync(join(own, "saved_model.pb"), encodeSavedModel(graph));
      this.#number = binding.loadSavedModel(own, TAG);
    } catch (cause) {
      throw failure("opened", cause);
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  }

  /** Feeds tensors, by their numbers in the library, and returns what is fetched. GRAPH_FAILED names the node. */
  run(feeds: ReadonlyMap<Output, number>, fetches: readonly Output[]): TensorMetadata[] {
    const names = (outputs: readonly Output[]): string =>
      outputs.map(({ node, index }) => `${node.name}:${index}`).join();
    try {
      return this.#binding.runSavedModel(this.#number, [...feeds.values()], names([...feeds.keys()]), names(fetches));
    } catch (cause) {
      throw failure("run", cause);
    }
  }

  [Symbol.dispose](): void {
    this.#binding.deleteSavedModel(this.#number);
  }
}

/** TensorFlow's message ends with the nodes at fault: `[[{{node backbone.layer1.0.conv1/Conv2D}}]]`. */
function failure(what: string, cause: unknown): PetageError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [, node] = /\{\{node ([^}]+)\}\}/.exec(message) ?? [];
  const where = node === undefined ? "" : ` at ${node}`;
  return new PetageError("GRAPH_FAILED", `A graph could not be ${what}${where}: ${message.split("\n")[0]}`, {
    cause,
    hint: "Run with --eager to see which op it is",
  });
}
