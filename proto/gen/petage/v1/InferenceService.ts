// Original file: petage/v1/inference.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetModelRequest as _petage_v1_GetModelRequest, GetModelRequest__Output as _petage_v1_GetModelRequest__Output } from '../../petage/v1/GetModelRequest.ts';
import type { GetModelResponse as _petage_v1_GetModelResponse, GetModelResponse__Output as _petage_v1_GetModelResponse__Output } from '../../petage/v1/GetModelResponse.ts';
import type { PredictRequest as _petage_v1_PredictRequest, PredictRequest__Output as _petage_v1_PredictRequest__Output } from '../../petage/v1/PredictRequest.ts';
import type { PredictResponse as _petage_v1_PredictResponse, PredictResponse__Output as _petage_v1_PredictResponse__Output } from '../../petage/v1/PredictResponse.ts';
import type { PredictStreamRequest as _petage_v1_PredictStreamRequest, PredictStreamRequest__Output as _petage_v1_PredictStreamRequest__Output } from '../../petage/v1/PredictStreamRequest.ts';
import type { PredictStreamResponse as _petage_v1_PredictStreamResponse, PredictStreamResponse__Output as _petage_v1_PredictStreamResponse__Output } from '../../petage/v1/PredictStreamResponse.ts';

/**
 * Tells the age of the pet on a photo.
 */
export interface InferenceServiceClient extends grpc.Client {
  /**
   * Describes the model that answers.
   */
  GetModel(argument: _petage_v1_GetModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  GetModel(argument: _petage_v1_GetModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  GetModel(argument: _petage_v1_GetModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  GetModel(argument: _petage_v1_GetModelRequest, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Describes the model that answers.
   */
  getModel(argument: _petage_v1_GetModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  getModel(argument: _petage_v1_GetModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  getModel(argument: _petage_v1_GetModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  getModel(argument: _petage_v1_GetModelRequest, callback: grpc.requestCallback<_petage_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The age on one photo. Idempotent; INVALID_ARGUMENT for a bad photo, UNAVAILABLE (retry) when overloaded.
   */
  Predict(argument: _petage_v1_PredictRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  Predict(argument: _petage_v1_PredictRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  Predict(argument: _petage_v1_PredictRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  Predict(argument: _petage_v1_PredictRequest, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The age on one photo. Idempotent; INVALID_ARGUMENT for a bad photo, UNAVAILABLE (retry) when overloaded.
   */
  predict(argument: _petage_v1_PredictRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  predict(argument: _petage_v1_PredictRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  predict(argument: _petage_v1_PredictRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  predict(argument: _petage_v1_PredictRequest, callback: grpc.requestCallback<_petage_v1_PredictResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Many photos over one stream. Answers come as they are ready, so match them by request_id; a bad photo gets an
   * error of its own and the stream goes on. Reading pauses while too many are unanswered.
   */
  PredictStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_petage_v1_PredictStreamRequest, _petage_v1_PredictStreamResponse__Output>;
  PredictStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_petage_v1_PredictStreamRequest, _petage_v1_PredictStreamResponse__Output>;
  /**
   * Many photos over one stream. Answers come as they are ready, so match them by request_id; a bad photo gets an
   * error of its own and the stream goes on. Reading pauses while too many are unanswered.
   */
  predictStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_petage_v1_PredictStreamRequest, _petage_v1_PredictStreamResponse__Output>;
  predictStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_petage_v1_PredictStreamRequest, _petage_v1_PredictStreamResponse__Output>;
  
}

/**
 * Tells the age of the pet on a photo.
 */
export interface InferenceServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Describes the model that answers.
   */
  GetModel: grpc.handleUnaryCall<_petage_v1_GetModelRequest__Output, _petage_v1_GetModelResponse>;
  
  /**
   * The age on one photo. Idempotent; INVALID_ARGUMENT for a bad photo, UNAVAILABLE (retry) when overloaded.
   */
  Predict: grpc.handleUnaryCall<_petage_v1_PredictRequest__Output, _petage_v1_PredictResponse>;
  
  /**
   * Many photos over one stream. Answers come as they are ready, so match them by request_id; a bad photo gets an
   * error of its own and the stream goes on. Reading pauses while too many are unanswered.
   */
  PredictStream: grpc.handleBidiStreamingCall<_petage_v1_PredictStreamRequest__Output, _petage_v1_PredictStreamResponse>;
  
}

export interface InferenceServiceDefinition extends grpc.ServiceDefinition {
  GetModel: MethodDefinition<_petage_v1_GetModelRequest, _petage_v1_GetModelResponse, _petage_v1_GetModelRequest__Output, _petage_v1_GetModelResponse__Output>
  Predict: MethodDefinition<_petage_v1_PredictRequest, _petage_v1_PredictResponse, _petage_v1_PredictRequest__Output, _petage_v1_PredictResponse__Output>
  PredictStream: MethodDefinition<_petage_v1_PredictStreamRequest, _petage_v1_PredictStreamResponse, _petage_v1_PredictStreamRequest__Output, _petage_v1_PredictStreamResponse__Output>
}
