import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import { checkFeeds } from "./feeds.ts";
import { ops } from "./ops.ts";
import type { Feed, Feeds, Parts, Results, Runner, TensorFunction, Variables } from "./program.ts";

/** Runs functions op by op, as they are written: on every backend, and for whoever looks for a mistake. */
export class EagerRunner implements Runner {
  readonly #values = new Map<string, Tensor>();
  readonly variables: Variables = {
    get: (name) => defined(this.#values.get(name), `variable ${name}`),
    set: (name, value) => {
      const old = this.#values.get(name);
      if (old === value) return;
      old?.dispose();
      this.#values.set(name, tf.keep(value));
    },
  };

  prepare(): void {}

  run(compute: TensorFunction, feeds: Feeds): Results {
    checkFeeds(feeds);
    const outputs = new Map<string, Tensor>();
    tf.tidy(() => {
      const inputs = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, upload(feed)]));
      for (const [name, output] of Object.entries(compute(this.variables, inputs))) {
        outputs.set(name, tf.keep(output.clone()));
      }
    });
    return {
      read: (name) => Float32Array.from(defined(outputs.get(name), `output ${name}`).dataSync()),
      [Symbol.dispose]: () => tf.dispose([...outputs.values()]),
    };
  }

  *runInParts(compute: TensorFunction, feeds: Feeds, parts: Parts): Generator<Pick<Results, "read">, void, undefined> {
    using results = this.run(compute, feeds);
    for (let part = 0; part < parts.length; part++) yield results;
  }

  [Symbol.dispose](): void {
    tf.dispose([...this.#values.values()]);
    this.#values.clear();
  }
}

function upload(feed: Feed): Tensor {
  if (feed.type === "uint8") return ops().uploadImages(feed.values, feed.shape as [number, number, number, number]);
  return tf.tensor(feed.values, [...feed.shape], feed.type);
}
