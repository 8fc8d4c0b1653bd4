import type { Tensor } from "@tensorflow/tfjs-core";

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
    createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
    deleteTensor(id: number): void;
    executeOp(name: string, attributes: OpAttribute[], inputIds: number[], outputCount: number): TensorMetadata[];
  };
  executeMultipleOutputs(name: string, attributes: OpAttribute[], inputs: Tensor[], outputCount: number): Tensor[];
  /** Wraps what `executeOp` returned as a tensor of tfjs, which then owns it. */
  createOutputTensor(metadata: TensorMetadata): Tensor;
}

export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}
