// Original file: petage/v1/controller.proto

import type { TrainingJobPhase as _petage_v1_TrainingJobPhase, TrainingJobPhase__Output as _petage_v1_TrainingJobPhase__Output } from '../../petage/v1/TrainingJobPhase.ts';
import type { Condition as _petage_v1_Condition, Condition__Output as _petage_v1_Condition__Output } from '../../petage/v1/Condition.ts';
import type { WorkerCounts as _petage_v1_WorkerCounts, WorkerCounts__Output as _petage_v1_WorkerCounts__Output } from '../../petage/v1/WorkerCounts.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from '../../petage/v1/Checkpoint.ts';
import type { TrainingProgress as _petage_v1_TrainingProgress, TrainingProgress__Output as _petage_v1_TrainingProgress__Output } from '../../petage/v1/TrainingProgress.ts';
import type { WorkerFailure as _petage_v1_WorkerFailure, WorkerFailure__Output as _petage_v1_WorkerFailure__Output } from '../../petage/v1/WorkerFailure.ts';
import type { TrainingResult as _petage_v1_TrainingResult, TrainingResult__Output as _petage_v1_TrainingResult__Output } from '../../petage/v1/TrainingResult.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What is there.
 */
export interface TrainingJobStatus {
  /**
   * `metadata.generation` of the spec that this status speaks of.
   */
  'observedGeneration'?: (number | string | Long);
  /**
   * Where the job stands.
   */
  'phase'?: (_petage_v1_TrainingJobPhase);
  /**
   * One sentence for people.
   */
  'message'?: (string);
  /**
   * Running, Suspended, Complete, Failed, in Kubernetes' form.
   */
  'conditions'?: (_petage_v1_Condition)[];
  /**
   * Incarnation of the workers, from 0; it rises with every restart.
   */
  'attempt'?: (number);
  /**
   * Restarts that counted.
   */
  'restarts'?: (number);
  /**
   * Its workers, counted.
   */
  'workers'?: (_petage_v1_WorkerCounts | null);
  /**
   * When its first worker started.
   */
  'startTime'?: (_google_protobuf_Timestamp | null);
  /**
   * When it reached its terminal phase.
   */
  'completionTime'?: (_google_protobuf_Timestamp | null);
  /**
   * The newest complete checkpoint; absent before the first.
   */
  'lastCheckpoint'?: (_petage_v1_Checkpoint | null);
  /**
   * How far training is; absent before the first step.
   */
  'progress'?: (_petage_v1_TrainingProgress | null);
  /**
   * The last failure of a process; absent where there was none.
   */
  'lastFailure'?: (_petage_v1_WorkerFailure | null);
  /**
   * What came of it; absent before the end.
   */
  'result'?: (_petage_v1_TrainingResult | null);
  /**
   * The folder or URI where its results lie.
   */
  'workDir'?: (string);
}

/**
 * What is there.
 */
export interface TrainingJobStatus__Output {
  /**
   * `metadata.generation` of the spec that this status speaks of.
   */
  'observedGeneration': (number);
  /**
   * Where the job stands.
   */
  'phase': (_petage_v1_TrainingJobPhase__Output);
  /**
   * One sentence for people.
   */
  'message': (string);
  /**
   * Running, Suspended, Complete, Failed, in Kubernetes' form.
   */
  'conditions': (_petage_v1_Condition__Output)[];
  /**
   * Incarnation of the workers, from 0; it rises with every restart.
   */
  'attempt': (number);
  /**
   * Restarts that counted.
   */
  'restarts': (number);
  /**
   * Its workers, counted.
   */
  'workers': (_petage_v1_WorkerCounts__Output | null);
  /**
   * When its first worker started.
   */
  'startTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * When it reached its terminal phase.
   */
  'completionTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * The newest complete checkpoint; absent before the first.
   */
  'lastCheckpoint': (_petage_v1_Checkpoint__Output | null);
  /**
   * How far training is; absent before the first step.
   */
  'progress': (_petage_v1_TrainingProgress__Output | null);
  /**
   * The last failure of a process; absent where there was none.
   */
  'lastFailure': (_petage_v1_WorkerFailure__Output | null);
  /**
   * What came of it; absent before the end.
   */
  'result': (_petage_v1_TrainingResult__Output | null);
  /**
   * The folder or URI where its results lie.
   */
  'workDir': (string);
}
