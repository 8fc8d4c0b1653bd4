// Original file: petage/v1/evaluator.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from '../../petage/v1/ModelVersion.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What an evaluation found.
 */
export interface EvaluationResult {
  /**
   * By the metrics' names: "petage/mae_median", "accuracy/top1".
   */
  'metrics'?: ({[key: string]: number | string});
  /**
   * Samples evaluated, without those skipped.
   */
  'sampleCount'?: (number | string | Long);
  /**
   * Samples that could not be read and were left out.
   */
  'skippedSampleIds'?: (string)[];
  /**
   * How long it took, without loading the checkpoint.
   */
  'duration'?: (_google_protobuf_Duration | null);
  /**
   * The weights that were evaluated.
   */
  'model'?: (_petage_v1_ModelVersion | null);
}

/**
 * What an evaluation found.
 */
export interface EvaluationResult__Output {
  /**
   * By the metrics' names: "petage/mae_median", "accuracy/top1".
   */
  'metrics': ({[key: string]: number});
  /**
   * Samples evaluated, without those skipped.
   */
  'sampleCount': (number);
  /**
   * Samples that could not be read and were left out.
   */
  'skippedSampleIds': (string)[];
  /**
   * How long it took, without loading the checkpoint.
   */
  'duration': (_google_protobuf_Duration__Output | null);
  /**
   * The weights that were evaluated.
   */
  'model': (_petage_v1_ModelVersion__Output | null);
}
