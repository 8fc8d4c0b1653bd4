// Original file: petage/v1/controller.proto

import type { TrainingJob as _petage_v1_TrainingJob, TrainingJob__Output as _petage_v1_TrainingJob__Output } from '../../petage/v1/TrainingJob.ts';

/**
 * The new job.
 */
export interface CreateTrainingJobResponse {
  /**
   * With its name, uid and defaults.
   */
  'job'?: (_petage_v1_TrainingJob | null);
}

/**
 * The new job.
 */
export interface CreateTrainingJobResponse__Output {
  /**
   * With its name, uid and defaults.
   */
  'job': (_petage_v1_TrainingJob__Output | null);
}
