import type { Tensor } from "@tensorflow/tfjs-core";
import { assert } from "#lib/base/assert.ts";
import type { Attribute, RunOp } from "#lib/engine/op.ts";

/** An attribute of a TensorFlow op, as the binding takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that the native ops here use: TensorFlow ops by name, run eagerly. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_Version?: string;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_FLOAT: number;
    readonly TF_UINT8: number;
    readonly TF_INT32: number;
    createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
    deleteTensor(id: number): void;
    /** Opens a session on a `saved_model.pb`; returns its number. */
    loadSavedModel(folder: string, tag: string): number;
    /** Closes it, with its variables. */
    deleteSavedModel(session: number): void;
    /** @param inputs names of what is fed, `a:0,b:0`; @param outputs of what is fetched */
    runSavedModel(session: number, inputIds: readonly number[], inputs: string, outputs: string): TensorMetadata[];
    tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
    getNumOfTensors(): number;
    executeOp(name: string, attributes: OpAttribute[], inputIds: number[], outputCount: number): TensorMetadata[];
  };
  executeMultipleOutputs(name: string, attributes: OpAttribute[], inputs: Tensor[], outputCount: number): Tensor[];
  /** The numbers by which the library knows tensors of tfjs; those that are not there yet are copied there. */
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  /** Wraps what `executeOp` returned as a tensor of tfjs, which then owns it. */
  createOutputTensor(metadata: TensorMetadata): Tensor;
}

export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** Ops of the library, run eagerly. */
export function runEagerly(backend: NativeBackend): RunOp {
  const { binding } = backend;
  const attributeOf = (name: string, attribute: Attribute): OpAttribute => {
    if ("type" in attribute) {
      assert(attribute.type === "float32", `attribute ${name}`);
      return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
    }
    if ("float" in attribute) return { name, type: binding.TF_ATTR_FLOAT, value: attribute.float };
    if ("bool" in attribute) return { name, type: binding.TF_ATTR_BOOL, value: attribute.bool };
    assert("text" in attribute, `attribute ${name}`);
    return { name, type: binding.TF_ATTR_STRING, value: attribute.text };
  };
  return ({ op, inputs, attributes, outputs }) => {
    const given = Object.entries(attributes).map(([name, attribute]) => attributeOf(name, attribute));
    return backend.executeMultipleOutputs(op, given, [...inputs], outputs.length);
  };
}
