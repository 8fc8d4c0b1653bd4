import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from './petage/v1/Checkpoint.ts';
import type { DataLoaderServiceClient as _petage_v1_DataLoaderServiceClient, DataLoaderServiceDefinition as _petage_v1_DataLoaderServiceDefinition } from './petage/v1/DataLoaderService.ts';
import type { ErrorDetail as _petage_v1_ErrorDetail, ErrorDetail__Output as _petage_v1_ErrorDetail__Output } from './petage/v1/ErrorDetail.ts';
import type { GetDatasetRequest as _petage_v1_GetDatasetRequest, GetDatasetRequest__Output as _petage_v1_GetDatasetRequest__Output } from './petage/v1/GetDatasetRequest.ts';
import type { GetDatasetResponse as _petage_v1_GetDatasetResponse, GetDatasetResponse__Output as _petage_v1_GetDatasetResponse__Output } from './petage/v1/GetDatasetResponse.ts';
import type { ListSamplesRequest as _petage_v1_ListSamplesRequest, ListSamplesRequest__Output as _petage_v1_ListSamplesRequest__Output } from './petage/v1/ListSamplesRequest.ts';
import type { ListSamplesResponse as _petage_v1_ListSamplesResponse, ListSamplesResponse__Output as _petage_v1_ListSamplesResponse__Output } from './petage/v1/ListSamplesResponse.ts';
import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from './petage/v1/ModelVersion.ts';
import type { Sample as _petage_v1_Sample, Sample__Output as _petage_v1_Sample__Output } from './petage/v1/Sample.ts';
import type { StreamBatchesRequest as _petage_v1_StreamBatchesRequest, StreamBatchesRequest__Output as _petage_v1_StreamBatchesRequest__Output } from './petage/v1/StreamBatchesRequest.ts';
import type { StreamBatchesResponse as _petage_v1_StreamBatchesResponse, StreamBatchesResponse__Output as _petage_v1_StreamBatchesResponse__Output } from './petage/v1/StreamBatchesResponse.ts';
import type { Tensor as _petage_v1_Tensor, Tensor__Output as _petage_v1_Tensor__Output } from './petage/v1/Tensor.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  petage: {
    v1: {
      Checkpoint: MessageTypeDefinition<_petage_v1_Checkpoint, _petage_v1_Checkpoint__Output>
      /**
       * Reads, decodes and augments the images of one config's datasets, and streams them as ready batches.
       */
      DataLoaderService: SubtypeConstructor<typeof grpc.Client, _petage_v1_DataLoaderServiceClient> & { service: _petage_v1_DataLoaderServiceDefinition }
      ErrorDetail: MessageTypeDefinition<_petage_v1_ErrorDetail, _petage_v1_ErrorDetail__Output>
      GetDatasetRequest: MessageTypeDefinition<_petage_v1_GetDatasetRequest, _petage_v1_GetDatasetRequest__Output>
      GetDatasetResponse: MessageTypeDefinition<_petage_v1_GetDatasetResponse, _petage_v1_GetDatasetResponse__Output>
      ListSamplesRequest: MessageTypeDefinition<_petage_v1_ListSamplesRequest, _petage_v1_ListSamplesRequest__Output>
      ListSamplesResponse: MessageTypeDefinition<_petage_v1_ListSamplesResponse, _petage_v1_ListSamplesResponse__Output>
      ModelVersion: MessageTypeDefinition<_petage_v1_ModelVersion, _petage_v1_ModelVersion__Output>
      Sample: MessageTypeDefinition<_petage_v1_Sample, _petage_v1_Sample__Output>
      Split: EnumTypeDefinition
      StreamBatchesRequest: MessageTypeDefinition<_petage_v1_StreamBatchesRequest, _petage_v1_StreamBatchesRequest__Output>
      StreamBatchesResponse: MessageTypeDefinition<_petage_v1_StreamBatchesResponse, _petage_v1_StreamBatchesResponse__Output>
      Tensor: MessageTypeDefinition<_petage_v1_Tensor, _petage_v1_Tensor__Output>
    }
  }
}

