// Original file: petage/v1/trainer.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What an evaluation during training measured.
 */
export interface ValidationMetrics {
  /**
   * Optimizer steps done.
   */
  'step'?: (number | string | Long);
  /**
   * Epochs completed.
   */
  'epoch'?: (number);
  /**
   * By the metrics' names: "petage/mae_median", "accuracy/top1".
   */
  'metrics'?: ({[key: string]: number | string});
  /**
   * Samples evaluated.
   */
  'sampleCount'?: (number | string | Long);
  /**
   * Whether these weights are the best so far by `save_best`.
   */
  'isBest'?: (boolean);
  /**
   * How long it took.
   */
  'duration'?: (_google_protobuf_Duration | null);
}

/**
 * What an evaluation during training measured.
 */
export interface ValidationMetrics__Output {
  /**
   * Optimizer steps done.
   */
  'step': (number);
  /**
   * Epochs completed.
   */
  'epoch': (number);
  /**
   * By the metrics' names: "petage/mae_median", "accuracy/top1".
   */
  'metrics': ({[key: string]: number});
  /**
   * Samples evaluated.
   */
  'sampleCount': (number);
  /**
   * Whether these weights are the best so far by `save_best`.
   */
  'isBest': (boolean);
  /**
   * How long it took.
   */
  'duration': (_google_protobuf_Duration__Output | null);
}
