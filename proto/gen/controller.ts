import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { CancelTrainingJobRequest as _petage_v1_CancelTrainingJobRequest, CancelTrainingJobRequest__Output as _petage_v1_CancelTrainingJobRequest__Output } from './petage/v1/CancelTrainingJobRequest.ts';
import type { CancelTrainingJobResponse as _petage_v1_CancelTrainingJobResponse, CancelTrainingJobResponse__Output as _petage_v1_CancelTrainingJobResponse__Output } from './petage/v1/CancelTrainingJobResponse.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from './petage/v1/Checkpoint.ts';
import type { CheckpointPolicy as _petage_v1_CheckpointPolicy, CheckpointPolicy__Output as _petage_v1_CheckpointPolicy__Output } from './petage/v1/CheckpointPolicy.ts';
import type { Condition as _petage_v1_Condition, Condition__Output as _petage_v1_Condition__Output } from './petage/v1/Condition.ts';
import type { ConfigSource as _petage_v1_ConfigSource, ConfigSource__Output as _petage_v1_ConfigSource__Output } from './petage/v1/ConfigSource.ts';
import type { ControllerServiceClient as _petage_v1_ControllerServiceClient, ControllerServiceDefinition as _petage_v1_ControllerServiceDefinition } from './petage/v1/ControllerService.ts';
import type { CreateTrainingJobRequest as _petage_v1_CreateTrainingJobRequest, CreateTrainingJobRequest__Output as _petage_v1_CreateTrainingJobRequest__Output } from './petage/v1/CreateTrainingJobRequest.ts';
import type { CreateTrainingJobResponse as _petage_v1_CreateTrainingJobResponse, CreateTrainingJobResponse__Output as _petage_v1_CreateTrainingJobResponse__Output } from './petage/v1/CreateTrainingJobResponse.ts';
import type { ErrorDetail as _petage_v1_ErrorDetail, ErrorDetail__Output as _petage_v1_ErrorDetail__Output } from './petage/v1/ErrorDetail.ts';
import type { FailurePolicy as _petage_v1_FailurePolicy, FailurePolicy__Output as _petage_v1_FailurePolicy__Output } from './petage/v1/FailurePolicy.ts';
import type { FailureRule as _petage_v1_FailureRule, FailureRule__Output as _petage_v1_FailureRule__Output } from './petage/v1/FailureRule.ts';
import type { GetTrainingJobRequest as _petage_v1_GetTrainingJobRequest, GetTrainingJobRequest__Output as _petage_v1_GetTrainingJobRequest__Output } from './petage/v1/GetTrainingJobRequest.ts';
import type { GetTrainingJobResponse as _petage_v1_GetTrainingJobResponse, GetTrainingJobResponse__Output as _petage_v1_GetTrainingJobResponse__Output } from './petage/v1/GetTrainingJobResponse.ts';
import type { GpuSpec as _petage_v1_GpuSpec, GpuSpec__Output as _petage_v1_GpuSpec__Output } from './petage/v1/GpuSpec.ts';
import type { ListTrainingJobsRequest as _petage_v1_ListTrainingJobsRequest, ListTrainingJobsRequest__Output as _petage_v1_ListTrainingJobsRequest__Output } from './petage/v1/ListTrainingJobsRequest.ts';
import type { ListTrainingJobsResponse as _petage_v1_ListTrainingJobsResponse, ListTrainingJobsResponse__Output as _petage_v1_ListTrainingJobsResponse__Output } from './petage/v1/ListTrainingJobsResponse.ts';
import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from './petage/v1/ModelVersion.ts';
import type { ObjectMeta as _petage_v1_ObjectMeta, ObjectMeta__Output as _petage_v1_ObjectMeta__Output } from './petage/v1/ObjectMeta.ts';
import type { ResourceRequirements as _petage_v1_ResourceRequirements, ResourceRequirements__Output as _petage_v1_ResourceRequirements__Output } from './petage/v1/ResourceRequirements.ts';
import type { RunPolicy as _petage_v1_RunPolicy, RunPolicy__Output as _petage_v1_RunPolicy__Output } from './petage/v1/RunPolicy.ts';
import type { StreamLogsRequest as _petage_v1_StreamLogsRequest, StreamLogsRequest__Output as _petage_v1_StreamLogsRequest__Output } from './petage/v1/StreamLogsRequest.ts';
import type { StreamLogsResponse as _petage_v1_StreamLogsResponse, StreamLogsResponse__Output as _petage_v1_StreamLogsResponse__Output } from './petage/v1/StreamLogsResponse.ts';
import type { Tensor as _petage_v1_Tensor, Tensor__Output as _petage_v1_Tensor__Output } from './petage/v1/Tensor.ts';
import type { TrainingJob as _petage_v1_TrainingJob, TrainingJob__Output as _petage_v1_TrainingJob__Output } from './petage/v1/TrainingJob.ts';
import type { TrainingJobSpec as _petage_v1_TrainingJobSpec, TrainingJobSpec__Output as _petage_v1_TrainingJobSpec__Output } from './petage/v1/TrainingJobSpec.ts';
import type { TrainingJobStatus as _petage_v1_TrainingJobStatus, TrainingJobStatus__Output as _petage_v1_TrainingJobStatus__Output } from './petage/v1/TrainingJobStatus.ts';
import type { TrainingProgress as _petage_v1_TrainingProgress, TrainingProgress__Output as _petage_v1_TrainingProgress__Output } from './petage/v1/TrainingProgress.ts';
import type { TrainingResult as _petage_v1_TrainingResult, TrainingResult__Output as _petage_v1_TrainingResult__Output } from './petage/v1/TrainingResult.ts';
import type { WatchTrainingJobRequest as _petage_v1_WatchTrainingJobRequest, WatchTrainingJobRequest__Output as _petage_v1_WatchTrainingJobRequest__Output } from './petage/v1/WatchTrainingJobRequest.ts';
import type { WatchTrainingJobResponse as _petage_v1_WatchTrainingJobResponse, WatchTrainingJobResponse__Output as _petage_v1_WatchTrainingJobResponse__Output } from './petage/v1/WatchTrainingJobResponse.ts';
import type { WorkerCounts as _petage_v1_WorkerCounts, WorkerCounts__Output as _petage_v1_WorkerCounts__Output } from './petage/v1/WorkerCounts.ts';
import type { WorkerFailure as _petage_v1_WorkerFailure, WorkerFailure__Output as _petage_v1_WorkerFailure__Output } from './petage/v1/WorkerFailure.ts';

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
      CancelTrainingJobRequest: MessageTypeDefinition<_petage_v1_CancelTrainingJobRequest, _petage_v1_CancelTrainingJobRequest__Output>
      CancelTrainingJobResponse: MessageTypeDefinition<_petage_v1_CancelTrainingJobResponse, _petage_v1_CancelTrainingJobResponse__Output>
      Checkpoint: MessageTypeDefinition<_petage_v1_Checkpoint, _petage_v1_Checkpoint__Output>
      CheckpointPolicy: MessageTypeDefinition<_petage_v1_CheckpointPolicy, _petage_v1_CheckpointPolicy__Output>
      Condition: MessageTypeDefinition<_petage_v1_Condition, _petage_v1_Condition__Output>
      ConfigSource: MessageTypeDefinition<_petage_v1_ConfigSource, _petage_v1_ConfigSource__Output>
      /**
       * Owns the training jobs. A job here is the `TrainingJob` resource of Kubernetes, with the same spec and status; its
       * workers are child processes on one machine and pods in a cluster.
       */
      ControllerService: SubtypeConstructor<typeof grpc.Client, _petage_v1_ControllerServiceClient> & { service: _petage_v1_ControllerServiceDefinition }
      CreateTrainingJobRequest: MessageTypeDefinition<_petage_v1_CreateTrainingJobRequest, _petage_v1_CreateTrainingJobRequest__Output>
      CreateTrainingJobResponse: MessageTypeDefinition<_petage_v1_CreateTrainingJobResponse, _petage_v1_CreateTrainingJobResponse__Output>
      ErrorDetail: MessageTypeDefinition<_petage_v1_ErrorDetail, _petage_v1_ErrorDetail__Output>
      FailureAction: EnumTypeDefinition
      FailurePolicy: MessageTypeDefinition<_petage_v1_FailurePolicy, _petage_v1_FailurePolicy__Output>
      FailureRule: MessageTypeDefinition<_petage_v1_FailureRule, _petage_v1_FailureRule__Output>
      GetTrainingJobRequest: MessageTypeDefinition<_petage_v1_GetTrainingJobRequest, _petage_v1_GetTrainingJobRequest__Output>
      GetTrainingJobResponse: MessageTypeDefinition<_petage_v1_GetTrainingJobResponse, _petage_v1_GetTrainingJobResponse__Output>
      GpuSpec: MessageTypeDefinition<_petage_v1_GpuSpec, _petage_v1_GpuSpec__Output>
      ListTrainingJobsRequest: MessageTypeDefinition<_petage_v1_ListTrainingJobsRequest, _petage_v1_ListTrainingJobsRequest__Output>
      ListTrainingJobsResponse: MessageTypeDefinition<_petage_v1_ListTrainingJobsResponse, _petage_v1_ListTrainingJobsResponse__Output>
      LogStream: EnumTypeDefinition
      ModelVersion: MessageTypeDefinition<_petage_v1_ModelVersion, _petage_v1_ModelVersion__Output>
      ObjectMeta: MessageTypeDefinition<_petage_v1_ObjectMeta, _petage_v1_ObjectMeta__Output>
      ResourceRequirements: MessageTypeDefinition<_petage_v1_ResourceRequirements, _petage_v1_ResourceRequirements__Output>
      RunPolicy: MessageTypeDefinition<_petage_v1_RunPolicy, _petage_v1_RunPolicy__Output>
      Split: EnumTypeDefinition
      StreamLogsRequest: MessageTypeDefinition<_petage_v1_StreamLogsRequest, _petage_v1_StreamLogsRequest__Output>
      StreamLogsResponse: MessageTypeDefinition<_petage_v1_StreamLogsResponse, _petage_v1_StreamLogsResponse__Output>
      Tensor: MessageTypeDefinition<_petage_v1_Tensor, _petage_v1_Tensor__Output>
      TrainingJob: MessageTypeDefinition<_petage_v1_TrainingJob, _petage_v1_TrainingJob__Output>
      TrainingJobPhase: EnumTypeDefinition
      TrainingJobSpec: MessageTypeDefinition<_petage_v1_TrainingJobSpec, _petage_v1_TrainingJobSpec__Output>
      TrainingJobStatus: MessageTypeDefinition<_petage_v1_TrainingJobStatus, _petage_v1_TrainingJobStatus__Output>
      TrainingProgress: MessageTypeDefinition<_petage_v1_TrainingProgress, _petage_v1_TrainingProgress__Output>
      TrainingResult: MessageTypeDefinition<_petage_v1_TrainingResult, _petage_v1_TrainingResult__Output>
      WatchTrainingJobRequest: MessageTypeDefinition<_petage_v1_WatchTrainingJobRequest, _petage_v1_WatchTrainingJobRequest__Output>
      WatchTrainingJobResponse: MessageTypeDefinition<_petage_v1_WatchTrainingJobResponse, _petage_v1_WatchTrainingJobResponse__Output>
      WorkerCounts: MessageTypeDefinition<_petage_v1_WorkerCounts, _petage_v1_WorkerCounts__Output>
      WorkerFailure: MessageTypeDefinition<_petage_v1_WorkerFailure, _petage_v1_WorkerFailure__Output>
    }
  }
}

