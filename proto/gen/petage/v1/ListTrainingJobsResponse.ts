// Original file: petage/v1/controller.proto

import type { TrainingJob as _petage_v1_TrainingJob, TrainingJob__Output as _petage_v1_TrainingJob__Output } from '../../petage/v1/TrainingJob.ts';

/**
 * One page of jobs.
 */
export interface ListTrainingJobsResponse {
  /**
   * The newest first.
   */
  'jobs'?: (_petage_v1_TrainingJob)[];
  /**
   * Token of the next page; empty on the last one.
   */
  'nextPageToken'?: (string);
}

/**
 * One page of jobs.
 */
export interface ListTrainingJobsResponse__Output {
  /**
   * The newest first.
   */
  'jobs': (_petage_v1_TrainingJob__Output)[];
  /**
   * Token of the next page; empty on the last one.
   */
  'nextPageToken': (string);
}
