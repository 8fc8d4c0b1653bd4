// Original file: petage/v1/controller.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * How far training is.
 */
export interface TrainingProgress {
  /**
   * The epoch in progress, from 1.
   */
  'epoch'?: (number);
  /**
   * Optimizer steps done.
   */
  'step'?: (number | string | Long);
  /**
   * Share of all steps that is done, 0 to 100.
   */
  'percent'?: (number | string);
  /**
   * Time to the end at the present speed.
   */
  'eta'?: (_google_protobuf_Duration | null);
  /**
   * Loss of the last step.
   */
  'loss'?: (number | string);
  /**
   * Mean absolute error of the last validation, in months; absent before the first.
   */
  'valMaeMonths'?: (number | string);
  /**
   * Images per second over all workers.
   */
  'imagesPerSecond'?: (number | string);
  /**
   * When this was measured.
   */
  'updateTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Epochs to do in all.
   */
  'maxEpochs'?: (number);
  /**
   * Steps to do in all.
   */
  'maxSteps'?: (number | string | Long);
  /**
   * Learning rate of the last step.
   */
  'learningRate'?: (number | string);
  /**
   * Share of the time spent waiting for data, 0 to 1.
   */
  'dataWaitShare'?: (number | string);
  /**
   * Share of the time spent waiting for the all-reduce, 0 to 1.
   */
  'allReduceShare'?: (number | string);
  /**
   * The step within the epoch, from 1.
   */
  'iteration'?: (number);
  /**
   * Steps in one epoch.
   */
  'iterationsPerEpoch'?: (number);
  /**
   * All metrics of the last validation, by name; empty before the first.
   */
  'validationMetrics'?: ({[key: string]: number | string});
  '_valMaeMonths'?: "valMaeMonths";
}

/**
 * How far training is.
 */
export interface TrainingProgress__Output {
  /**
   * The epoch in progress, from 1.
   */
  'epoch': (number);
  /**
   * Optimizer steps done.
   */
  'step': (number);
  /**
   * Share of all steps that is done, 0 to 100.
   */
  'percent': (number);
  /**
   * Time to the end at the present speed.
   */
  'eta': (_google_protobuf_Duration__Output | null);
  /**
   * Loss of the last step.
   */
  'loss': (number);
  /**
   * Mean absolute error of the last validation, in months; absent before the first.
   */
  'valMaeMonths'?: (number);
  /**
   * Images per second over all workers.
   */
  'imagesPerSecond': (number);
  /**
   * When this was measured.
   */
  'updateTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Epochs to do in all.
   */
  'maxEpochs': (number);
  /**
   * Steps to do in all.
   */
  'maxSteps': (number);
  /**
   * Learning rate of the last step.
   */
  'learningRate': (number);
  /**
   * Share of the time spent waiting for data, 0 to 1.
   */
  'dataWaitShare': (number);
  /**
   * Share of the time spent waiting for the all-reduce, 0 to 1.
   */
  'allReduceShare': (number);
  /**
   * The step within the epoch, from 1.
   */
  'iteration': (number);
  /**
   * Steps in one epoch.
   */
  'iterationsPerEpoch': (number);
  /**
   * All metrics of the last validation, by name; empty before the first.
   */
  'validationMetrics': ({[key: string]: number});
  '_valMaeMonths'?: "valMaeMonths";
}
