// Original file: petage/v1/trainer.proto

import type { TrainerPhase as _petage_v1_TrainerPhase, TrainerPhase__Output as _petage_v1_TrainerPhase__Output } from '../../petage/v1/TrainerPhase.ts';
import type { StepMetrics as _petage_v1_StepMetrics, StepMetrics__Output as _petage_v1_StepMetrics__Output } from '../../petage/v1/StepMetrics.ts';
import type { ValidationMetrics as _petage_v1_ValidationMetrics, ValidationMetrics__Output as _petage_v1_ValidationMetrics__Output } from '../../petage/v1/ValidationMetrics.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from '../../petage/v1/Checkpoint.ts';
import type { ErrorDetail as _petage_v1_ErrorDetail, ErrorDetail__Output as _petage_v1_ErrorDetail__Output } from '../../petage/v1/ErrorDetail.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { NatsOutage as _petage_v1_NatsOutage, NatsOutage__Output as _petage_v1_NatsOutage__Output } from '../../petage/v1/NatsOutage.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Where a worker stands.
 */
export interface GetStatusResponse {
  /**
   * Uid of the job.
   */
  'jobUid'?: (string);
  /**
   * Which incarnation of the job this worker belongs to, from 0.
   */
  'attempt'?: (number);
  /**
   * This worker's rank, from 0.
   */
  'rank'?: (number);
  /**
   * Workers in the ring.
   */
  'worldSize'?: (number);
  /**
   * Generation of the ring; it rises when a peer was lost.
   */
  'generation'?: (number | string | Long);
  /**
   * What the worker is doing.
   */
  'phase'?: (_petage_v1_TrainerPhase);
  /**
   * The last step's metrics (epoch, step, loss, rates); absent before the first step.
   */
  'lastStep'?: (_petage_v1_StepMetrics | null);
  /**
   * The last validation; absent before the first.
   */
  'lastValidation'?: (_petage_v1_ValidationMetrics | null);
  /**
   * The last complete checkpoint that can be resumed, or the one that was resumed; absent before the first.
   */
  'lastCheckpoint'?: (_petage_v1_Checkpoint | null);
  /**
   * Epochs to do in all.
   */
  'maxEpochs'?: (number);
  /**
   * Steps to do in all.
   */
  'maxSteps'?: (number | string | Long);
  /**
   * Why it failed; absent unless the phase is FAILED.
   */
  'error'?: (_petage_v1_ErrorDetail | null);
  /**
   * When the process started.
   */
  'startTime'?: (_google_protobuf_Timestamp | null);
  /**
   * The best complete checkpoint by `save_best`: weights only; absent where none is kept.
   */
  'bestCheckpoint'?: (_petage_v1_Checkpoint | null);
  /**
   * That NATS cannot be reached now, so that the worker waits; absent where it can.
   */
  'natsOutage'?: (_petage_v1_NatsOutage | null);
}

/**
 * Where a worker stands.
 */
export interface GetStatusResponse__Output {
  /**
   * Uid of the job.
   */
  'jobUid': (string);
  /**
   * Which incarnation of the job this worker belongs to, from 0.
   */
  'attempt': (number);
  /**
   * This worker's rank, from 0.
   */
  'rank': (number);
  /**
   * Workers in the ring.
   */
  'worldSize': (number);
  /**
   * Generation of the ring; it rises when a peer was lost.
   */
  'generation': (number);
  /**
   * What the worker is doing.
   */
  'phase': (_petage_v1_TrainerPhase__Output);
  /**
   * The last step's metrics (epoch, step, loss, rates); absent before the first step.
   */
  'lastStep': (_petage_v1_StepMetrics__Output | null);
  /**
   * The last validation; absent before the first.
   */
  'lastValidation': (_petage_v1_ValidationMetrics__Output | null);
  /**
   * The last complete checkpoint that can be resumed, or the one that was resumed; absent before the first.
   */
  'lastCheckpoint': (_petage_v1_Checkpoint__Output | null);
  /**
   * Epochs to do in all.
   */
  'maxEpochs': (number);
  /**
   * Steps to do in all.
   */
  'maxSteps': (number);
  /**
   * Why it failed; absent unless the phase is FAILED.
   */
  'error': (_petage_v1_ErrorDetail__Output | null);
  /**
   * When the process started.
   */
  'startTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * The best complete checkpoint by `save_best`: weights only; absent where none is kept.
   */
  'bestCheckpoint': (_petage_v1_Checkpoint__Output | null);
  /**
   * That NATS cannot be reached now, so that the worker waits; absent where it can.
   */
  'natsOutage': (_petage_v1_NatsOutage__Output | null);
}
