// Original file: petage/v1/trainer.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What one training step measured on this rank.
 */
export interface StepMetrics {
  /**
   * Optimizer steps done since the start of the job.
   */
  'step'?: (number | string | Long);
  /**
   * The epoch in progress, from 1.
   */
  'epoch'?: (number);
  /**
   * The step within the epoch, from 1.
   */
  'iteration'?: (number);
  /**
   * Steps in one epoch.
   */
  'iterationsPerEpoch'?: (number);
  /**
   * Loss of the step, averaged over the batches of all ranks.
   */
  'loss'?: (number | string);
  /**
   * Learning rate of the first parameter group.
   */
  'learningRate'?: (number | string);
  /**
   * Images per second over all ranks, averaged since the last metrics.
   */
  'imagesPerSecond'?: (number | string);
  /**
   * Share of the time spent waiting for data, 0 to 1.
   */
  'dataWaitShare'?: (number | string);
  /**
   * Share of the time spent waiting for the all-reduce, 0 to 1.
   */
  'allReduceShare'?: (number | string);
  /**
   * L2 norm of the averaged gradient before clipping; absent where it is not measured.
   */
  'gradNorm'?: (number | string);
  /**
   * Time to the end of the last epoch at the present speed.
   */
  'eta'?: (_google_protobuf_Duration | null);
  /**
   * Samples of this rank that could not be read since the epoch began, each counted once.
   */
  'skippedSamples'?: (number);
  '_gradNorm'?: "gradNorm";
}

/**
 * What one training step measured on this rank.
 */
export interface StepMetrics__Output {
  /**
   * Optimizer steps done since the start of the job.
   */
  'step': (number);
  /**
   * The epoch in progress, from 1.
   */
  'epoch': (number);
  /**
   * The step within the epoch, from 1.
   */
  'iteration': (number);
  /**
   * Steps in one epoch.
   */
  'iterationsPerEpoch': (number);
  /**
   * Loss of the step, averaged over the batches of all ranks.
   */
  'loss': (number);
  /**
   * Learning rate of the first parameter group.
   */
  'learningRate': (number);
  /**
   * Images per second over all ranks, averaged since the last metrics.
   */
  'imagesPerSecond': (number);
  /**
   * Share of the time spent waiting for data, 0 to 1.
   */
  'dataWaitShare': (number);
  /**
   * Share of the time spent waiting for the all-reduce, 0 to 1.
   */
  'allReduceShare': (number);
  /**
   * L2 norm of the averaged gradient before clipping; absent where it is not measured.
   */
  'gradNorm'?: (number);
  /**
   * Time to the end of the last epoch at the present speed.
   */
  'eta': (_google_protobuf_Duration__Output | null);
  /**
   * Samples of this rank that could not be read since the epoch began, each counted once.
   */
  'skippedSamples': (number);
  '_gradNorm'?: "gradNorm";
}
