// Original file: petage/v1/controller.proto

import type { TrainingJob as _petage_v1_TrainingJob, TrainingJob__Output as _petage_v1_TrainingJob__Output } from '../../petage/v1/TrainingJob.ts';

/**
 * The job that is being ended.
 */
export interface CancelTrainingJobResponse {
  /**
   * As it stands now; watch it to see it end.
   */
  'job'?: (_petage_v1_TrainingJob | null);
}

/**
 * The job that is being ended.
 */
export interface CancelTrainingJobResponse__Output {
  /**
   * As it stands now; watch it to see it end.
   */
  'job': (_petage_v1_TrainingJob__Output | null);
}
