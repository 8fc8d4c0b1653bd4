// Original file: petage/v1/controller.proto

import type { TrainingJob as _petage_v1_TrainingJob, TrainingJob__Output as _petage_v1_TrainingJob__Output } from '../../petage/v1/TrainingJob.ts';

/**
 * One job.
 */
export interface GetTrainingJobResponse {
  /**
   * As it stands now.
   */
  'job'?: (_petage_v1_TrainingJob | null);
}

/**
 * One job.
 */
export interface GetTrainingJobResponse__Output {
  /**
   * As it stands now.
   */
  'job': (_petage_v1_TrainingJob__Output | null);
}
