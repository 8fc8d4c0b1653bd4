// Original file: petage/v1/data_loader.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetDatasetRequest as _petage_v1_GetDatasetRequest, GetDatasetRequest__Output as _petage_v1_GetDatasetRequest__Output } from '../../petage/v1/GetDatasetRequest.ts';
import type { GetDatasetResponse as _petage_v1_GetDatasetResponse, GetDatasetResponse__Output as _petage_v1_GetDatasetResponse__Output } from '../../petage/v1/GetDatasetResponse.ts';
import type { ListSamplesRequest as _petage_v1_ListSamplesRequest, ListSamplesRequest__Output as _petage_v1_ListSamplesRequest__Output } from '../../petage/v1/ListSamplesRequest.ts';
import type { ListSamplesResponse as _petage_v1_ListSamplesResponse, ListSamplesResponse__Output as _petage_v1_ListSamplesResponse__Output } from '../../petage/v1/ListSamplesResponse.ts';
import type { StreamBatchesRequest as _petage_v1_StreamBatchesRequest, StreamBatchesRequest__Output as _petage_v1_StreamBatchesRequest__Output } from '../../petage/v1/StreamBatchesRequest.ts';
import type { StreamBatchesResponse as _petage_v1_StreamBatchesResponse, StreamBatchesResponse__Output as _petage_v1_StreamBatchesResponse__Output } from '../../petage/v1/StreamBatchesResponse.ts';

/**
 * Reads, decodes and augments the images of one config's datasets, and streams them as ready batches.
 */
export interface DataLoaderServiceClient extends grpc.Client {
  /**
   * Describes a split: samples, classes, and how many batches a rank sees in an epoch.
   */
  GetDataset(argument: _petage_v1_GetDatasetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  GetDataset(argument: _petage_v1_GetDatasetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  GetDataset(argument: _petage_v1_GetDatasetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  GetDataset(argument: _petage_v1_GetDatasetRequest, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Describes a split: samples, classes, and how many batches a rank sees in an epoch.
   */
  getDataset(argument: _petage_v1_GetDatasetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  getDataset(argument: _petage_v1_GetDatasetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  getDataset(argument: _petage_v1_GetDatasetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  getDataset(argument: _petage_v1_GetDatasetRequest, callback: grpc.requestCallback<_petage_v1_GetDatasetResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Lists the samples of a split in the dataset's order, page by page.
   */
  ListSamples(argument: _petage_v1_ListSamplesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  ListSamples(argument: _petage_v1_ListSamplesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  ListSamples(argument: _petage_v1_ListSamplesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  ListSamples(argument: _petage_v1_ListSamplesRequest, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Lists the samples of a split in the dataset's order, page by page.
   */
  listSamples(argument: _petage_v1_ListSamplesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  listSamples(argument: _petage_v1_ListSamplesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  listSamples(argument: _petage_v1_ListSamplesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  listSamples(argument: _petage_v1_ListSamplesRequest, callback: grpc.requestCallback<_petage_v1_ListSamplesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Streams the batches that one rank sees in one epoch, in order, as fast as they are read. The bytes depend on the
   * request and the config alone, so a broken stream is resumed by asking again from `start_step`.
   */
  StreamBatches(argument: _petage_v1_StreamBatchesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamBatchesResponse__Output>;
  StreamBatches(argument: _petage_v1_StreamBatchesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamBatchesResponse__Output>;
  /**
   * Streams the batches that one rank sees in one epoch, in order, as fast as they are read. The bytes depend on the
   * request and the config alone, so a broken stream is resumed by asking again from `start_step`.
   */
  streamBatches(argument: _petage_v1_StreamBatchesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamBatchesResponse__Output>;
  streamBatches(argument: _petage_v1_StreamBatchesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_petage_v1_StreamBatchesResponse__Output>;
  
}

/**
 * Reads, decodes and augments the images of one config's datasets, and streams them as ready batches.
 */
export interface DataLoaderServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Describes a split: samples, classes, and how many batches a rank sees in an epoch.
   */
  GetDataset: grpc.handleUnaryCall<_petage_v1_GetDatasetRequest__Output, _petage_v1_GetDatasetResponse>;
  
  /**
   * Lists the samples of a split in the dataset's order, page by page.
   */
  ListSamples: grpc.handleUnaryCall<_petage_v1_ListSamplesRequest__Output, _petage_v1_ListSamplesResponse>;
  
  /**
   * Streams the batches that one rank sees in one epoch, in order, as fast as they are read. The bytes depend on the
   * request and the config alone, so a broken stream is resumed by asking again from `start_step`.
   */
  StreamBatches: grpc.handleServerStreamingCall<_petage_v1_StreamBatchesRequest__Output, _petage_v1_StreamBatchesResponse>;
  
}

export interface DataLoaderServiceDefinition extends grpc.ServiceDefinition {
  GetDataset: MethodDefinition<_petage_v1_GetDatasetRequest, _petage_v1_GetDatasetResponse, _petage_v1_GetDatasetRequest__Output, _petage_v1_GetDatasetResponse__Output>
  ListSamples: MethodDefinition<_petage_v1_ListSamplesRequest, _petage_v1_ListSamplesResponse, _petage_v1_ListSamplesRequest__Output, _petage_v1_ListSamplesResponse__Output>
  StreamBatches: MethodDefinition<_petage_v1_StreamBatchesRequest, _petage_v1_StreamBatchesResponse, _petage_v1_StreamBatchesRequest__Output, _petage_v1_StreamBatchesResponse__Output>
}
