// Original file: petage/v1/controller.proto

import type { TrainingJob as _petage_v1_TrainingJob, TrainingJob__Output as _petage_v1_TrainingJob__Output } from '../../petage/v1/TrainingJob.ts';

/**
 * Asks for a new job.
 */
export interface CreateTrainingJobRequest {
  /**
   * `metadata.name`, `metadata.labels` and `spec`; all else is ignored.
   */
  'job'?: (_petage_v1_TrainingJob | null);
  /**
   * Any text unique to this wish, so that a retry creates nothing twice; empty: no such protection.
   */
  'requestId'?: (string);
  /**
   * Check everything, create nothing; the answer is the job as it would be.
   */
  'validateOnly'?: (boolean);
}

/**
 * Asks for a new job.
 */
export interface CreateTrainingJobRequest__Output {
  /**
   * `metadata.name`, `metadata.labels` and `spec`; all else is ignored.
   */
  'job': (_petage_v1_TrainingJob__Output | null);
  /**
   * Any text unique to this wish, so that a retry creates nothing twice; empty: no such protection.
   */
  'requestId': (string);
  /**
   * Check everything, create nothing; the answer is the job as it would be.
   */
  'validateOnly': (boolean);
}
