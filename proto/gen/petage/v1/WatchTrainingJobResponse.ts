// Original file: petage/v1/controller.proto

import type { TrainingJob as _petage_v1_TrainingJob, TrainingJob__Output as _petage_v1_TrainingJob__Output } from '../../petage/v1/TrainingJob.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One state of a job. States between two sent ones may be left out, the last one never.
 */
export interface WatchTrainingJobResponse {
  /**
   * Rises with every change, like Kubernetes' resourceVersion.
   */
  'sequence'?: (number | string | Long);
  /**
   * The whole job.
   */
  'job'?: (_petage_v1_TrainingJob | null);
}

/**
 * One state of a job. States between two sent ones may be left out, the last one never.
 */
export interface WatchTrainingJobResponse__Output {
  /**
   * Rises with every change, like Kubernetes' resourceVersion.
   */
  'sequence': (number);
  /**
   * The whole job.
   */
  'job': (_petage_v1_TrainingJob__Output | null);
}
