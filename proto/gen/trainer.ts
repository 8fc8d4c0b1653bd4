import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from './petage/v1/Checkpoint.ts';
import type { ErrorDetail as _petage_v1_ErrorDetail, ErrorDetail__Output as _petage_v1_ErrorDetail__Output } from './petage/v1/ErrorDetail.ts';
import type { GetStatusRequest as _petage_v1_GetStatusRequest, GetStatusRequest__Output as _petage_v1_GetStatusRequest__Output } from './petage/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _petage_v1_GetStatusResponse, GetStatusResponse__Output as _petage_v1_GetStatusResponse__Output } from './petage/v1/GetStatusResponse.ts';
import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from './petage/v1/ModelVersion.ts';
import type { NatsOutage as _petage_v1_NatsOutage, NatsOutage__Output as _petage_v1_NatsOutage__Output } from './petage/v1/NatsOutage.ts';
import type { SaveCheckpointRequest as _petage_v1_SaveCheckpointRequest, SaveCheckpointRequest__Output as _petage_v1_SaveCheckpointRequest__Output } from './petage/v1/SaveCheckpointRequest.ts';
import type { SaveCheckpointResponse as _petage_v1_SaveCheckpointResponse, SaveCheckpointResponse__Output as _petage_v1_SaveCheckpointResponse__Output } from './petage/v1/SaveCheckpointResponse.ts';
import type { StepMetrics as _petage_v1_StepMetrics, StepMetrics__Output as _petage_v1_StepMetrics__Output } from './petage/v1/StepMetrics.ts';
import type { StopRequest as _petage_v1_StopRequest, StopRequest__Output as _petage_v1_StopRequest__Output } from './petage/v1/StopRequest.ts';
import type { StopResponse as _petage_v1_StopResponse, StopResponse__Output as _petage_v1_StopResponse__Output } from './petage/v1/StopResponse.ts';
import type { StreamMetricsRequest as _petage_v1_StreamMetricsRequest, StreamMetricsRequest__Output as _petage_v1_StreamMetricsRequest__Output } from './petage/v1/StreamMetricsRequest.ts';
import type { StreamMetricsResponse as _petage_v1_StreamMetricsResponse, StreamMetricsResponse__Output as _petage_v1_StreamMetricsResponse__Output } from './petage/v1/StreamMetricsResponse.ts';
import type { Tensor as _petage_v1_Tensor, Tensor__Output as _petage_v1_Tensor__Output } from './petage/v1/Tensor.ts';
import type { TrainerServiceClient as _petage_v1_TrainerServiceClient, TrainerServiceDefinition as _petage_v1_TrainerServiceDefinition } from './petage/v1/TrainerService.ts';
import type { ValidationMetrics as _petage_v1_ValidationMetrics, ValidationMetrics__Output as _petage_v1_ValidationMetrics__Output } from './petage/v1/ValidationMetrics.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  petage: {
    v1: {
      Checkpoint: MessageTypeDefinition<_petage_v1_Checkpoint, _petage_v1_Checkpoint__Output>
      ErrorDetail: MessageTypeDefinition<_petage_v1_ErrorDetail, _petage_v1_ErrorDetail__Output>
      GetStatusRequest: MessageTypeDefinition<_petage_v1_GetStatusRequest, _petage_v1_GetStatusRequest__Output>
      GetStatusResponse: MessageTypeDefinition<_petage_v1_GetStatusResponse, _petage_v1_GetStatusResponse__Output>
      ModelVersion: MessageTypeDefinition<_petage_v1_ModelVersion, _petage_v1_ModelVersion__Output>
      NatsOutage: MessageTypeDefinition<_petage_v1_NatsOutage, _petage_v1_NatsOutage__Output>
      SaveCheckpointRequest: MessageTypeDefinition<_petage_v1_SaveCheckpointRequest, _petage_v1_SaveCheckpointRequest__Output>
      SaveCheckpointResponse: MessageTypeDefinition<_petage_v1_SaveCheckpointResponse, _petage_v1_SaveCheckpointResponse__Output>
      Split: EnumTypeDefinition
      StepMetrics: MessageTypeDefinition<_petage_v1_StepMetrics, _petage_v1_StepMetrics__Output>
      StopRequest: MessageTypeDefinition<_petage_v1_StopRequest, _petage_v1_StopRequest__Output>
      StopResponse: MessageTypeDefinition<_petage_v1_StopResponse, _petage_v1_StopResponse__Output>
      StreamMetricsRequest: MessageTypeDefinition<_petage_v1_StreamMetricsRequest, _petage_v1_StreamMetricsRequest__Output>
      StreamMetricsResponse: MessageTypeDefinition<_petage_v1_StreamMetricsResponse, _petage_v1_StreamMetricsResponse__Output>
      Tensor: MessageTypeDefinition<_petage_v1_Tensor, _petage_v1_Tensor__Output>
      TrainerPhase: EnumTypeDefinition
      /**
       * One worker of a training job: one rank, one device. Jobs belong to the controller; a worker owns nothing that
       * outlives it but the checkpoints it wrote.
       */
      TrainerService: SubtypeConstructor<typeof grpc.Client, _petage_v1_TrainerServiceClient> & { service: _petage_v1_TrainerServiceDefinition }
      ValidationMetrics: MessageTypeDefinition<_petage_v1_ValidationMetrics, _petage_v1_ValidationMetrics__Output>
    }
  }
}

