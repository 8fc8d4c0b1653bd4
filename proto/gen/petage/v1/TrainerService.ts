// Original file: petage/v1/trainer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetStatusRequest as _petage_v1_GetStatusRequest, GetStatusRequest__Output as _petage_v1_GetStatusRequest__Output } from '../../petage/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _petage_v1_GetStatusResponse, GetStatusResponse__Output as _petage_v1_GetStatusResponse__Output } from '../../petage/v1/GetStatusResponse.ts';
import type { SaveCheckpointRequest as _petage_v1_SaveCheckpointRequest, SaveCheckpointRequest__Output as _petage_v1_SaveCheckpointRequest__Output } from '../../petage/v1/SaveCheckpointRequest.ts';
import type { SaveCheckpointResponse as _petage_v1_SaveCheckpointResponse, SaveCheckpointResponse__Output as _petage_v1_SaveCheckpointResponse__Output } from '../../petage/v1/SaveCheckpointResponse.ts';
import type { StopRequest as _petage_v1_StopRequest, StopRequest__Output as _petage_v1_StopRequest__Output } from '../../petage/v1/StopRequest.ts';
import type { StopResponse as _petage_v1_StopResponse, StopResponse__Output as _petage_v1_StopResponse__Output } from '../../petage/v1/StopResponse.ts';
import type { StreamMetricsRequest as _petage_v1_StreamMetricsRequest, StreamMetricsRequest__Output as _petage_v1_StreamMetricsRequest__Output } from '../../petage/v1/StreamMetricsRequest.ts';
import type { StreamMetricsResponse as _petage_v1_StreamMetricsResponse, StreamMetricsResponse__Output as _petage_v1_StreamMetricsResponse__Output } from '../../petage/v1/StreamMetricsResponse.ts';

/**
 * One worker of a training job: one rank, one device. Jobs belong to the controller; a worker owns nothing that
 * outlives it but the checkpoints it wrote.
 */
export interface TrainerServiceClient extends grpc.Client {
  /**
   * Tells where this worker stands.
   */
  GetStatus(argument: _petage_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _petage_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _petage_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _petage_v1_GetStatusRequest, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Tells where this worker stands.
   */
  getStatus(argument: _petage_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _petage_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _petage_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _petage_v1_GetStatusRequest, callback: grpc.requestCallback<_petage_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Writes a checkpoint after the step in progress, and answers when it is complete.
   */
  SaveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  SaveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  SaveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  SaveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Writes a checkpoint after the step in progress, and answers when it is complete.
   */
  saveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  saveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  saveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  saveCheckpoint(argument: _petage_v1_SaveCheckpointRequest, callback: grpc.requestCallback<_petage_v1_SaveCheckpointResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Ends training after the step in progress. Answers when the worker has stopped; its process then exits with
   * 4, or with 0 where that step was the last one. The job fails with the reason Stopped and is not restarted.
   */
  Stop(argument: _petage_v1_StopRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  Stop(argument: _petage_v1_StopRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  Stop(argument: _petage_v1_StopRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  Stop(argument: _petage_v1_StopRequest, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Ends training after the step in progress. Answers when the worker has stopped; its process then exits with
   * 4, or with 0 where that step was the last one. The job fails with the reason Stopped and is not restarted.
   */
  stop(argument: _petage_v1_StopRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  stop(argument: _petage_v1_StopRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  stop(argument: _petage_v1_StopRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  stop(argument: _petage_v1_StopRequest, callback: grpc.requestCallback<_petage_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Streams what the worker measures, from now on, until it ends. A slow reader misses steps, never validations.
   */
  StreamMetrics(argument: _petage_v1_StreamMetricsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamMetricsResponse__Output>;
  StreamMetrics(argument: _petage_v1_StreamMetricsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamMetricsResponse__Output>;
  /**
   * Streams what the worker measures, from now on, until it ends. A slow reader misses steps, never validations.
   */
  streamMetrics(argument: _petage_v1_StreamMetricsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamMetricsResponse__Output>;
  streamMetrics(argument: _petage_v1_StreamMetricsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamMetricsResponse__Output>;
  
}

/**
 * One worker of a training job: one rank, one device. Jobs belong to the controller; a worker owns nothing that
 * outlives it but the checkpoints it wrote.
 */
export interface TrainerServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Tells where this worker stands.
   */
  GetStatus: grpc.handleUnaryCall<_petage_v1_GetStatusRequest__Output, _petage_v1_GetStatusResponse>;
  
  /**
   * Writes a checkpoint after the step in progress, and answers when it is complete.
   */
  SaveCheckpoint: grpc.handleUnaryCall<_petage_v1_SaveCheckpointRequest__Output, _petage_v1_SaveCheckpointResponse>;
  
  /**
   * Ends training after the step in progress. Answers when the worker has stopped; its process then exits with
   * 4, or with 0 where that step was the last one. The job fails with the reason Stopped and is not restarted.
   */
  Stop: grpc.handleUnaryCall<_petage_v1_StopRequest__Output, _petage_v1_StopResponse>;
  
  /**
   * Streams what the worker measures, from now on, until it ends. A slow reader misses steps, never validations.
   */
  StreamMetrics: grpc.handleServerStreamingCall<_petage_v1_StreamMetricsRequest__Output, _petage_v1_StreamMetricsResponse>;
  
}

export interface TrainerServiceDefinition extends grpc.ServiceDefinition {
  GetStatus: MethodDefinition<_petage_v1_GetStatusRequest, _petage_v1_GetStatusResponse, _petage_v1_GetStatusRequest__Output, _petage_v1_GetStatusResponse__Output>
  SaveCheckpoint: MethodDefinition<_petage_v1_SaveCheckpointRequest, _petage_v1_SaveCheckpointResponse, _petage_v1_SaveCheckpointRequest__Output, _petage_v1_SaveCheckpointResponse__Output>
  Stop: MethodDefinition<_petage_v1_StopRequest, _petage_v1_StopResponse, _petage_v1_StopRequest__Output, _petage_v1_StopResponse__Output>
  StreamMetrics: MethodDefinition<_petage_v1_StreamMetricsRequest, _petage_v1_StreamMetricsResponse, _petage_v1_StreamMetricsRequest__Output, _petage_v1_StreamMetricsResponse__Output>
}
