// Original file: petage/v1/evaluator.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EvaluateRequest as _petage_v1_EvaluateRequest, EvaluateRequest__Output as _petage_v1_EvaluateRequest__Output } from '../../petage/v1/EvaluateRequest.ts';
import type { EvaluateResponse as _petage_v1_EvaluateResponse, EvaluateResponse__Output as _petage_v1_EvaluateResponse__Output } from '../../petage/v1/EvaluateResponse.ts';
import type { EvaluatorServiceGetStatusRequest as _petage_v1_EvaluatorServiceGetStatusRequest, EvaluatorServiceGetStatusRequest__Output as _petage_v1_EvaluatorServiceGetStatusRequest__Output } from '../../petage/v1/EvaluatorServiceGetStatusRequest.ts';
import type { EvaluatorServiceGetStatusResponse as _petage_v1_EvaluatorServiceGetStatusResponse, EvaluatorServiceGetStatusResponse__Output as _petage_v1_EvaluatorServiceGetStatusResponse__Output } from '../../petage/v1/EvaluatorServiceGetStatusResponse.ts';

/**
 * Measures checkpoints on the datasets of one config. An evaluation is a call, not a resource: it ends with its
 * stream, which is cancelled by cancelling the call; there is nothing to create, list or forget.
 */
export interface EvaluatorServiceClient extends grpc.Client {
  /**
   * Evaluates a checkpoint: progress events, predictions where asked for, then exactly one result.
   */
  Evaluate(argument: _petage_v1_EvaluateRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_EvaluateResponse__Output>;
  Evaluate(argument: _petage_v1_EvaluateRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_EvaluateResponse__Output>;
  /**
   * Evaluates a checkpoint: progress events, predictions where asked for, then exactly one result.
   */
  evaluate(argument: _petage_v1_EvaluateRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_EvaluateResponse__Output>;
  evaluate(argument: _petage_v1_EvaluateRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_EvaluateResponse__Output>;
  
  /**
   * Tells what the evaluator is doing.
   */
  GetStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Tells what the evaluator is doing.
   */
  getStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _petage_v1_EvaluatorServiceGetStatusRequest, callback: grpc.requestCallback<_petage_v1_EvaluatorServiceGetStatusResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Measures checkpoints on the datasets of one config. An evaluation is a call, not a resource: it ends with its
 * stream, which is cancelled by cancelling the call; there is nothing to create, list or forget.
 */
export interface EvaluatorServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Evaluates a checkpoint: progress events, predictions where asked for, then exactly one result.
   */
  Evaluate: grpc.handleServerStreamingCall<_petage_v1_EvaluateRequest__Output, _petage_v1_EvaluateResponse>;
  
  /**
   * Tells what the evaluator is doing.
   */
  GetStatus: grpc.handleUnaryCall<_petage_v1_EvaluatorServiceGetStatusRequest__Output, _petage_v1_EvaluatorServiceGetStatusResponse>;
  
}

export interface EvaluatorServiceDefinition extends grpc.ServiceDefinition {
  Evaluate: MethodDefinition<_petage_v1_EvaluateRequest, _petage_v1_EvaluateResponse, _petage_v1_EvaluateRequest__Output, _petage_v1_EvaluateResponse__Output>
  GetStatus: MethodDefinition<_petage_v1_EvaluatorServiceGetStatusRequest, _petage_v1_EvaluatorServiceGetStatusResponse, _petage_v1_EvaluatorServiceGetStatusRequest__Output, _petage_v1_EvaluatorServiceGetStatusResponse__Output>
}
