// Original file: petage/v1/controller.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CancelTrainingJobRequest as _petage_v1_CancelTrainingJobRequest, CancelTrainingJobRequest__Output as _petage_v1_CancelTrainingJobRequest__Output } from '../../petage/v1/CancelTrainingJobRequest.ts';
import type { CancelTrainingJobResponse as _petage_v1_CancelTrainingJobResponse, CancelTrainingJobResponse__Output as _petage_v1_CancelTrainingJobResponse__Output } from '../../petage/v1/CancelTrainingJobResponse.ts';
import type { CreateTrainingJobRequest as _petage_v1_CreateTrainingJobRequest, CreateTrainingJobRequest__Output as _petage_v1_CreateTrainingJobRequest__Output } from '../../petage/v1/CreateTrainingJobRequest.ts';
import type { CreateTrainingJobResponse as _petage_v1_CreateTrainingJobResponse, CreateTrainingJobResponse__Output as _petage_v1_CreateTrainingJobResponse__Output } from '../../petage/v1/CreateTrainingJobResponse.ts';
import type { GetTrainingJobRequest as _petage_v1_GetTrainingJobRequest, GetTrainingJobRequest__Output as _petage_v1_GetTrainingJobRequest__Output } from '../../petage/v1/GetTrainingJobRequest.ts';
import type { GetTrainingJobResponse as _petage_v1_GetTrainingJobResponse, GetTrainingJobResponse__Output as _petage_v1_GetTrainingJobResponse__Output } from '../../petage/v1/GetTrainingJobResponse.ts';
import type { ListTrainingJobsRequest as _petage_v1_ListTrainingJobsRequest, ListTrainingJobsRequest__Output as _petage_v1_ListTrainingJobsRequest__Output } from '../../petage/v1/ListTrainingJobsRequest.ts';
import type { ListTrainingJobsResponse as _petage_v1_ListTrainingJobsResponse, ListTrainingJobsResponse__Output as _petage_v1_ListTrainingJobsResponse__Output } from '../../petage/v1/ListTrainingJobsResponse.ts';
import type { StreamLogsRequest as _petage_v1_StreamLogsRequest, StreamLogsRequest__Output as _petage_v1_StreamLogsRequest__Output } from '../../petage/v1/StreamLogsRequest.ts';
import type { StreamLogsResponse as _petage_v1_StreamLogsResponse, StreamLogsResponse__Output as _petage_v1_StreamLogsResponse__Output } from '../../petage/v1/StreamLogsResponse.ts';
import type { WatchTrainingJobRequest as _petage_v1_WatchTrainingJobRequest, WatchTrainingJobRequest__Output as _petage_v1_WatchTrainingJobRequest__Output } from '../../petage/v1/WatchTrainingJobRequest.ts';
import type { WatchTrainingJobResponse as _petage_v1_WatchTrainingJobResponse, WatchTrainingJobResponse__Output as _petage_v1_WatchTrainingJobResponse__Output } from '../../petage/v1/WatchTrainingJobResponse.ts';

/**
 * Owns the training jobs. A job here is the `TrainingJob` resource of Kubernetes, with the same spec and status; its
 * workers are child processes on one machine and pods in a cluster.
 */
export interface ControllerServiceClient extends grpc.Client {
  /**
   * Stops a job's workers. FAILED_PRECONDITION when it has ended already.
   */
  CancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  CancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  CancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  CancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Stops a job's workers. FAILED_PRECONDITION when it has ended already.
   */
  cancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  cancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  cancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  cancelTrainingJob(argument: _petage_v1_CancelTrainingJobRequest, callback: grpc.requestCallback<_petage_v1_CancelTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Creates a job and starts it. The same request_id again returns the job it created.
   */
  CreateTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  CreateTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  CreateTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  CreateTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Creates a job and starts it. The same request_id again returns the job it created.
   */
  createTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  createTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  createTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  createTrainingJob(argument: _petage_v1_CreateTrainingJobRequest, callback: grpc.requestCallback<_petage_v1_CreateTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * One job as it stands now.
   */
  GetTrainingJob(argument: _petage_v1_GetTrainingJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  GetTrainingJob(argument: _petage_v1_GetTrainingJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  GetTrainingJob(argument: _petage_v1_GetTrainingJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  GetTrainingJob(argument: _petage_v1_GetTrainingJobRequest, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * One job as it stands now.
   */
  getTrainingJob(argument: _petage_v1_GetTrainingJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  getTrainingJob(argument: _petage_v1_GetTrainingJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  getTrainingJob(argument: _petage_v1_GetTrainingJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  getTrainingJob(argument: _petage_v1_GetTrainingJobRequest, callback: grpc.requestCallback<_petage_v1_GetTrainingJobResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The jobs, the newest first, page by page.
   */
  ListTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  ListTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  ListTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  ListTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The jobs, the newest first, page by page.
   */
  listTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  listTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  listTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  listTrainingJobs(argument: _petage_v1_ListTrainingJobsRequest, callback: grpc.requestCallback<_petage_v1_ListTrainingJobsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Streams the lines that the job's processes wrote, in the order of their arrival.
   */
  StreamLogs(argument: _petage_v1_StreamLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamLogsResponse__Output>;
  StreamLogs(argument: _petage_v1_StreamLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamLogsResponse__Output>;
  /**
   * Streams the lines that the job's processes wrote, in the order of their arrival.
   */
  streamLogs(argument: _petage_v1_StreamLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamLogsResponse__Output>;
  streamLogs(argument: _petage_v1_StreamLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamLogsResponse__Output>;
  
  /**
   * Streams a job: as it stands now, then at every change; ends with OK after its terminal phase was sent.
   */
  WatchTrainingJob(argument: _petage_v1_WatchTrainingJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_WatchTrainingJobResponse__Output>;
  WatchTrainingJob(argument: _petage_v1_WatchTrainingJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_WatchTrainingJobResponse__Output>;
  /**
   * Streams a job: as it stands now, then at every change; ends with OK after its terminal phase was sent.
   */
  watchTrainingJob(argument: _petage_v1_WatchTrainingJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_WatchTrainingJobResponse__Output>;
  watchTrainingJob(argument: _petage_v1_WatchTrainingJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_WatchTrainingJobResponse__Output>;
  
}

/**
 * Owns the training jobs. A job here is the `TrainingJob` resource of Kubernetes, with the same spec and status; its
 * workers are child processes on one machine and pods in a cluster.
 */
export interface ControllerServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Stops a job's workers. FAILED_PRECONDITION when it has ended already.
   */
  CancelTrainingJob: grpc.handleUnaryCall<_petage_v1_CancelTrainingJobRequest__Output, _petage_v1_CancelTrainingJobResponse>;
  
  /**
   * Creates a job and starts it. The same request_id again returns the job it created.
   */
  CreateTrainingJob: grpc.handleUnaryCall<_petage_v1_CreateTrainingJobRequest__Output, _petage_v1_CreateTrainingJobResponse>;
  
  /**
   * One job as it stands now.
   */
  GetTrainingJob: grpc.handleUnaryCall<_petage_v1_GetTrainingJobRequest__Output, _petage_v1_GetTrainingJobResponse>;
  
  /**
   * The jobs, the newest first, page by page.
   */
  ListTrainingJobs: grpc.handleUnaryCall<_petage_v1_ListTrainingJobsRequest__Output, _petage_v1_ListTrainingJobsResponse>;
  
  /**
   * Streams the lines that the job's processes wrote, in the order of their arrival.
   */
  StreamLogs: grpc.handleServerStreamingCall<_petage_v1_StreamLogsRequest__Output, _petage_v1_StreamLogsResponse>;
  
  /**
   * Streams a job: as it stands now, then at every change; ends with OK after its terminal phase was sent.
   */
  WatchTrainingJob: grpc.handleServerStreamingCall<_petage_v1_WatchTrainingJobRequest__Output, _petage_v1_WatchTrainingJobResponse>;
  
}

export interface ControllerServiceDefinition extends grpc.ServiceDefinition {
  CancelTrainingJob: MethodDefinition<_petage_v1_CancelTrainingJobRequest, _petage_v1_CancelTrainingJobResponse, _petage_v1_CancelTrainingJobRequest__Output, _petage_v1_CancelTrainingJobResponse__Output>
  CreateTrainingJob: MethodDefinition<_petage_v1_CreateTrainingJobRequest, _petage_v1_CreateTrainingJobResponse, _petage_v1_CreateTrainingJobRequest__Output, _petage_v1_CreateTrainingJobResponse__Output>
  GetTrainingJob: MethodDefinition<_petage_v1_GetTrainingJobRequest, _petage_v1_GetTrainingJobResponse, _petage_v1_GetTrainingJobRequest__Output, _petage_v1_GetTrainingJobResponse__Output>
  ListTrainingJobs: MethodDefinition<_petage_v1_ListTrainingJobsRequest, _petage_v1_ListTrainingJobsResponse, _petage_v1_ListTrainingJobsRequest__Output, _petage_v1_ListTrainingJobsResponse__Output>
  StreamLogs: MethodDefinition<_petage_v1_StreamLogsRequest, _petage_v1_StreamLogsResponse, _petage_v1_StreamLogsRequest__Output, _petage_v1_StreamLogsResponse__Output>
  WatchTrainingJob: MethodDefinition<_petage_v1_WatchTrainingJobRequest, _petage_v1_WatchTrainingJobResponse, _petage_v1_WatchTrainingJobRequest__Output, _petage_v1_WatchTrainingJobResponse__Output>
}
