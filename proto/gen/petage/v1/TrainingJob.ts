// Original file: petage/v1/controller.proto

import type { ObjectMeta as _petage_v1_ObjectMeta, ObjectMeta__Output as _petage_v1_ObjectMeta__Output } from '../../petage/v1/ObjectMeta.ts';
import type { TrainingJobSpec as _petage_v1_TrainingJobSpec, TrainingJobSpec__Output as _petage_v1_TrainingJobSpec__Output } from '../../petage/v1/TrainingJobSpec.ts';
import type { TrainingJobStatus as _petage_v1_TrainingJobStatus, TrainingJobStatus__Output as _petage_v1_TrainingJobStatus__Output } from '../../petage/v1/TrainingJobStatus.ts';

/**
 * A training job: what is wanted and what is there.
 */
export interface TrainingJob {
  /**
   * Its name and what the controller keeps about it.
   */
  'metadata'?: (_petage_v1_ObjectMeta | null);
  /**
   * What is wanted; set by the user, unchanged after creation but for `run_policy`.
   */
  'spec'?: (_petage_v1_TrainingJobSpec | null);
  /**
   * What is there; set by the controller.
   */
  'status'?: (_petage_v1_TrainingJobStatus | null);
}

/**
 * A training job: what is wanted and what is there.
 */
export interface TrainingJob__Output {
  /**
   * Its name and what the controller keeps about it.
   */
  'metadata': (_petage_v1_ObjectMeta__Output | null);
  /**
   * What is wanted; set by the user, unchanged after creation but for `run_policy`.
   */
  'spec': (_petage_v1_TrainingJobSpec__Output | null);
  /**
   * What is there; set by the controller.
   */
  'status': (_petage_v1_TrainingJobStatus__Output | null);
}
