import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AgeEstimate as _petage_v1_AgeEstimate, AgeEstimate__Output as _petage_v1_AgeEstimate__Output } from './petage/v1/AgeEstimate.ts';
import type { AgeInterval as _petage_v1_AgeInterval, AgeInterval__Output as _petage_v1_AgeInterval__Output } from './petage/v1/AgeInterval.ts';
import type { AgeProbability as _petage_v1_AgeProbability, AgeProbability__Output as _petage_v1_AgeProbability__Output } from './petage/v1/AgeProbability.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from './petage/v1/Checkpoint.ts';
import type { ErrorDetail as _petage_v1_ErrorDetail, ErrorDetail__Output as _petage_v1_ErrorDetail__Output } from './petage/v1/ErrorDetail.ts';
import type { GetModelRequest as _petage_v1_GetModelRequest, GetModelRequest__Output as _petage_v1_GetModelRequest__Output } from './petage/v1/GetModelRequest.ts';
import type { GetModelResponse as _petage_v1_GetModelResponse, GetModelResponse__Output as _petage_v1_GetModelResponse__Output } from './petage/v1/GetModelResponse.ts';
import type { InferenceServiceClient as _petage_v1_InferenceServiceClient, InferenceServiceDefinition as _petage_v1_InferenceServiceDefinition } from './petage/v1/InferenceService.ts';
import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from './petage/v1/ModelVersion.ts';
import type { PredictRequest as _petage_v1_PredictRequest, PredictRequest__Output as _petage_v1_PredictRequest__Output } from './petage/v1/PredictRequest.ts';
import type { PredictResponse as _petage_v1_PredictResponse, PredictResponse__Output as _petage_v1_PredictResponse__Output } from './petage/v1/PredictResponse.ts';
import type { PredictStreamRequest as _petage_v1_PredictStreamRequest, PredictStreamRequest__Output as _petage_v1_PredictStreamRequest__Output } from './petage/v1/PredictStreamRequest.ts';
import type { PredictStreamResponse as _petage_v1_PredictStreamResponse, PredictStreamResponse__Output as _petage_v1_PredictStreamResponse__Output } from './petage/v1/PredictStreamResponse.ts';
import type { Tensor as _petage_v1_Tensor, Tensor__Output as _petage_v1_Tensor__Output } from './petage/v1/Tensor.ts';
import type { Timing as _petage_v1_Timing, Timing__Output as _petage_v1_Timing__Output } from './petage/v1/Timing.ts';

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
      AgeEstimate: MessageTypeDefinition<_petage_v1_AgeEstimate, _petage_v1_AgeEstimate__Output>
      AgeInterval: MessageTypeDefinition<_petage_v1_AgeInterval, _petage_v1_AgeInterval__Output>
      AgeProbability: MessageTypeDefinition<_petage_v1_AgeProbability, _petage_v1_AgeProbability__Output>
      Checkpoint: MessageTypeDefinition<_petage_v1_Checkpoint, _petage_v1_Checkpoint__Output>
      ErrorDetail: MessageTypeDefinition<_petage_v1_ErrorDetail, _petage_v1_ErrorDetail__Output>
      GetModelRequest: MessageTypeDefinition<_petage_v1_GetModelRequest, _petage_v1_GetModelRequest__Output>
      GetModelResponse: MessageTypeDefinition<_petage_v1_GetModelResponse, _petage_v1_GetModelResponse__Output>
      /**
       * Tells the age of the pet on a photo.
       */
      InferenceService: SubtypeConstructor<typeof grpc.Client, _petage_v1_InferenceServiceClient> & { service: _petage_v1_InferenceServiceDefinition }
      ModelVersion: MessageTypeDefinition<_petage_v1_ModelVersion, _petage_v1_ModelVersion__Output>
      PredictRequest: MessageTypeDefinition<_petage_v1_PredictRequest, _petage_v1_PredictRequest__Output>
      PredictResponse: MessageTypeDefinition<_petage_v1_PredictResponse, _petage_v1_PredictResponse__Output>
      PredictStreamRequest: MessageTypeDefinition<_petage_v1_PredictStreamRequest, _petage_v1_PredictStreamRequest__Output>
      PredictStreamResponse: MessageTypeDefinition<_petage_v1_PredictStreamResponse, _petage_v1_PredictStreamResponse__Output>
      Split: EnumTypeDefinition
      Tensor: MessageTypeDefinition<_petage_v1_Tensor, _petage_v1_Tensor__Output>
      Timing: MessageTypeDefinition<_petage_v1_Timing, _petage_v1_Timing__Output>
    }
  }
}

