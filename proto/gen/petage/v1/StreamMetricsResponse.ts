// Original file: petage/v1/trainer.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { StepMetrics as _petage_v1_StepMetrics, StepMetrics__Output as _petage_v1_StepMetrics__Output } from '../../petage/v1/StepMetrics.ts';
import type { ValidationMetrics as _petage_v1_ValidationMetrics, ValidationMetrics__Output as _petage_v1_ValidationMetrics__Output } from '../../petage/v1/ValidationMetrics.ts';
import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from '../../petage/v1/Checkpoint.ts';
import type { TrainerPhase as _petage_v1_TrainerPhase, TrainerPhase__Output as _petage_v1_TrainerPhase__Output } from '../../petage/v1/TrainerPhase.ts';
import type { NatsOutage as _petage_v1_NatsOutage, NatsOutage__Output as _petage_v1_NatsOutage__Output } from '../../petage/v1/NatsOutage.ts';

/**
 * One event of a worker.
 */
export interface StreamMetricsResponse {
  /**
   * When it happened.
   */
  'time'?: (_google_protobuf_Timestamp | null);
  /**
   * A training step was done.
   */
  'step'?: (_petage_v1_StepMetrics | null);
  /**
   * An evaluation was done.
   */
  'validation'?: (_petage_v1_ValidationMetrics | null);
  /**
   * A checkpoint was written.
   */
  'checkpoint'?: (_petage_v1_Checkpoint | null);
  /**
   * The worker does something else now.
   */
  'phase'?: (_petage_v1_TrainerPhase);
  /**
   * NATS cannot be reached, or can again.
   */
  'natsOutage'?: (_petage_v1_NatsOutage | null);
  /**
   * What happened.
   */
  'event'?: "step"|"validation"|"checkpoint"|"phase"|"natsOutage";
}

/**
 * One event of a worker.
 */
export interface StreamMetricsResponse__Output {
  /**
   * When it happened.
   */
  'time': (_google_protobuf_Timestamp__Output | null);
  /**
   * A training step was done.
   */
  'step'?: (_petage_v1_StepMetrics__Output | null);
  /**
   * An evaluation was done.
   */
  'validation'?: (_petage_v1_ValidationMetrics__Output | null);
  /**
   * A checkpoint was written.
   */
  'checkpoint'?: (_petage_v1_Checkpoint__Output | null);
  /**
   * The worker does something else now.
   */
  'phase'?: (_petage_v1_TrainerPhase__Output);
  /**
   * NATS cannot be reached, or can again.
   */
  'natsOutage'?: (_petage_v1_NatsOutage__Output | null);
  /**
   * What happened.
   */
  'event'?: "step"|"validation"|"checkpoint"|"phase"|"natsOutage";
}
