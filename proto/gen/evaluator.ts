import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from './petage/v1/Checkpoint.ts';
import type { ErrorDetail as _petage_v1_ErrorDetail, ErrorDetail__Output as _petage_v1_ErrorDetail__Output } from './petage/v1/ErrorDetail.ts';
import type { EvaluateRequest as _petage_v1_EvaluateRequest, EvaluateRequest__Output as _petage_v1_EvaluateRequest__Output } from './petage/v1/EvaluateRequest.ts';
import type { EvaluateResponse as _petage_v1_EvaluateResponse, EvaluateResponse__Output as _petage_v1_EvaluateResponse__Output } from './petage/v1/EvaluateResponse.ts';
import type { EvaluationProgress as _petage_v1_EvaluationProgress, EvaluationProgress__Output as _petage_v1_EvaluationProgress__Output } from './petage/v1/EvaluationProgress.ts';
import type { EvaluationResult as _petage_v1_EvaluationResult, EvaluationResult__Output as _petage_v1_EvaluationResult__Output } from './petage/v1/EvaluationResult.ts';
import type { EvaluatorServiceClient as _petage_v1_EvaluatorServiceClient, EvaluatorServiceDefinition as _petage_v1_EvaluatorServiceDefinition } from './petage/v1/EvaluatorService.ts';
import type { EvaluatorServiceGetStatusRequest as _petage_v1_EvaluatorServiceGetStatusRequest, EvaluatorServiceGetStatusRequest__Output as _petage_v1_EvaluatorServiceGetStatusRequest__Output } from './petage/v1/EvaluatorServiceGetStatusRequest.ts';
import type { EvaluatorServiceGetStatusResponse as _petage_v1_EvaluatorServiceGetStatusResponse, EvaluatorServiceGetStatusResponse__Output as _petage_v1_EvaluatorServiceGetStatusResponse__Output } from './petage/v1/EvaluatorServiceGetStatusResponse.ts';
import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from './petage/v1/ModelVersion.ts';
import type { PredictionBatch as _petage_v1_PredictionBatch, PredictionBatch__Output as _petage_v1_PredictionBatch__Output } from './petage/v1/PredictionBatch.ts';
import type { SamplePrediction as _petage_v1_SamplePrediction, SamplePrediction__Output as _petage_v1_SamplePrediction__Output } from './petage/v1/SamplePrediction.ts';
import type { Tensor as _petage_v1_Tensor, Tensor__Output as _petage_v1_Tensor__Output } from './petage/v1/Tensor.ts';

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
      EvaluateRequest: MessageTypeDefinition<_petage_v1_EvaluateRequest, _petage_v1_EvaluateRequest__Output>
      EvaluateResponse: MessageTypeDefinition<_petage_v1_EvaluateResponse, _petage_v1_EvaluateResponse__Output>
      EvaluationProgress: MessageTypeDefinition<_petage_v1_EvaluationProgress, _petage_v1_EvaluationProgress__Output>
      EvaluationResult: MessageTypeDefinition<_petage_v1_EvaluationResult, _petage_v1_EvaluationResult__Output>
      EvaluatorPhase: EnumTypeDefinition
      /**
       * Measures checkpoints on the datasets of one config. An evaluation is a call, not a resource: it ends with its
       * stream, which is cancelled by cancelling the call; there is nothing to create, list or forget.
       */
      EvaluatorService: SubtypeConstructor<typeof grpc.Client, _petage_v1_EvaluatorServiceClient> & { service: _petage_v1_EvaluatorServiceDefinition }
      EvaluatorServiceGetStatusRequest: MessageTypeDefinition<_petage_v1_EvaluatorServiceGetStatusRequest, _petage_v1_EvaluatorServiceGetStatusRequest__Output>
      EvaluatorServiceGetStatusResponse: MessageTypeDefinition<_petage_v1_EvaluatorServiceGetStatusResponse, _petage_v1_EvaluatorServiceGetStatusResponse__Output>
      ModelVersion: MessageTypeDefinition<_petage_v1_ModelVersion, _petage_v1_ModelVersion__Output>
      PredictionBatch: MessageTypeDefinition<_petage_v1_PredictionBatch, _petage_v1_PredictionBatch__Output>
      SamplePrediction: MessageTypeDefinition<_petage_v1_SamplePrediction, _petage_v1_SamplePrediction__Output>
      Split: EnumTypeDefinition
      Tensor: MessageTypeDefinition<_petage_v1_Tensor, _petage_v1_Tensor__Output>
    }
  }
}

