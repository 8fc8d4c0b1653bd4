// Original file: petage/v1/evaluator.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * How far an evaluation is.
 */
export interface EvaluationProgress {
  /**
   * Samples done.
   */
  'sampleCount'?: (number | string | Long);
  /**
   * Samples to do in all.
   */
  'totalSampleCount'?: (number | string | Long);
  /**
   * Speed so far.
   */
  'imagesPerSecond'?: (number | string);
  /**
   * Time to the end at this speed.
   */
  'eta'?: (_google_protobuf_Duration | null);
}

/**
 * How far an evaluation is.
 */
export interface EvaluationProgress__Output {
  /**
   * Samples done.
   */
  'sampleCount': (number);
  /**
   * Samples to do in all.
   */
  'totalSampleCount': (number);
  /**
   * Speed so far.
   */
  'imagesPerSecond': (number);
  /**
   * Time to the end at this speed.
   */
  'eta': (_google_protobuf_Duration__Output | null);
}
