import * as tf from "@tensorflow/tfjs-core";
import type { DataType, Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import { bringOps } from "#lib/engine/ops.ts";
import { normalizeNatively } from "#lib/engine/native/batch-norm.ts";
import type { ConstantValue, OpCall } from "#lib/engine/op.ts";
import { bytesOf } from "./graph.ts";
import type { Graph, Output } from "./graph.ts";
import { cast, dataTypeOf, kernelCall, unsupported, wide } from "./kernel.ts";
import { kernels } from "./kernels/index.ts";

const NAME = "petage-graph";

type DataId = TensorInfo["dataId"];
type Values = tf.BackendValues;

/** A tensor while tracing: the output of a node, or a constant that no node has asked for yet. */
interface Traced {
  value: Output | ConstantValue;
  references: number;
}

/**
 * A backend of tfjs whose kernels add nodes to a graph and return tensors that have a shape and no values: whatever runs
 * on it is recorded, with tfjs's own gradients.
 */
export class TracingBackend extends tf.KernelBackend {
  readonly #tensors = new Map<DataId, Traced>();
  #graph: Graph | undefined;

  /** Runs `body` with this backend as that of tfjs, adding to a graph. `body` cannot wait for anything. */
  tracing<T>(graph: Graph, body: () => T): T {
    const before = tf.getBackend();
    this.#graph = graph;
    void tf.setBackend(NAME); // at once: this backend is there
    try {
      return body();
    } finally {
      void tf.setBackend(before);
      this.#graph = undefined;
      this.#tensors.clear();
    }
  }

  get graph(): Graph {
    return defined(this.#graph, "a graph to add to");
  }

  /** The output of a node as a tensor. */
  tensorOf(output: Output): Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.#infoOf(output));
  }

  outputOf({ dataId }: TensorInfo): Output {
    const traced = defined(this.#tensors.get(dataId), "a traced tensor");
    return (traced.value = "node" in traced.value ? traced.value : this.graph.constant(traced.value));
  }

  /** Adds a TensorFlow op by its name, for what tfjs lacks. */
  add({ op, inputs, attributes, outputs, typed }: OpCall): Tensor[] {
    const { graph } = this;
    const type = graph.precision;
    const from = inputs.map((input, index) => {
      const output = this.outputOf(input);
      return typed.inputs.includes(index) ? cast(graph, output, type) : wide(graph, output);
    });
    const forms = outputs.map((form, index) => (typed.outputs.includes(index) ? { ...form, type } : form));
    const node = { op, inputs: from, attributes: { ...attributes, T: { type } }, outputs: forms };
    return graph.add(node).map((output) => this.tensorOf(output));
  }

  /** What a kernel does here. */
  run(
    name: string,
    inputs: Readonly<Record<string, TensorInfo>>,
    attributes: Readonly<Record<string, unknown>>,
  ): TensorInfo | TensorInfo[] {
    const kernel = defined(kernels[name], `kernel ${name}`);
    const outputs = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, this.outputOf(input)]));
    const result = kernel(kernelCall(name, this.graph, outputs, attributes));
    return Array.isArray(result)
      ? result.map((output: Output) => this.#infoOf(output))
      : this.#infoOf(result as Output);
  }

  #infoOf(output: Output): TensorInfo {
    return { dataId: this.#keep(output), shape: [...output.shape], dtype: dataTypeOf(output.type) };
  }

  #keep(value: Traced["value"]): DataId {
    const dataId = {};
    this.#tensors.set(dataId, { value, references: 1 });
    return dataId;
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    return this.#keep({ type: dtype as "float32", shape, bytes: bytesOf(arrayOf(values, dtype)) });
  }

  override move(...[dataId, values, shape, dtype, references]: Parameters<tf.KernelBackend["move"]>): void {
    const value = { type: dtype as "float32", shape, bytes: bytesOf(arrayOf(values, dtype)) };
    this.#tensors.set(dataId, { value, references });
  }

  override incRef(dataId: DataId): void {
    const known = this.#tensors.get(dataId);
    if (known) known.references++;
  }

  override refCount(dataId: DataId): number {
    return this.#tensors.get(dataId)?.references ?? 0;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const known = this.#tensors.get(dataId);
    if (!known) return true;
    known.references--;
    if (known.references > 0 && !force) return false;
    return this.#tensors.delete(dataId);
  }

  override numDataIds(): number {
    return this.#tensors.size;
  }

  override readSync(): never {
    throw unsupported("a value that JavaScript reads while the graph is traced");
  }

  override read(): never {
    return this.readSync();
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7; // as the native backend's
  }

  override timerAvailable(): boolean {
    return false;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
}

function arrayOf(values: Values, dtype: DataType): ArrayBufferView {
  if (Array.isArray(values)) throw unsupported(`a tensor of ${dtype}`);
  if (dtype === "float32") return Float32Array.from(values);
  if (dtype === "int32") return Int32Array.from(values);
  if (dtype === "bool") return Uint8Array.from(values);
  throw unsupported(`a tensor of ${dtype}`);
}

let registered: TracingBackend | undefined;

/** The one of this thread, with its kernels and the ops that it brings. */
export function tracingBackend(): TracingBackend {
  if (registered) return registered;
  const backend = new TracingBackend();
  tf.registerBackend(NAME, () => backend, 0); // never chosen by itself
  for (const kernelName of Object.keys(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: NAME,
      kernelFunc: ({ inputs, attrs }) => backend.run(kernelName, inputs as never, attrs ?? {}),
    });
  }
  bringOps(backend, {
    normalizeBatch: (...[input, scale, offset, epsilon]) =>
      normalizeNatively((call) => backend.add(call), [input, scale, offset], epsilon),
    at: (place, body) => backend.graph.at(place, body),
    uploadImages: () => {
      throw unsupported("pixels that are uploaded: feed them");
    },
  });
  return (registered = backend);
}
