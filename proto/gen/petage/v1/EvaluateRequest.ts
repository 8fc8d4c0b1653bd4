// Original file: petage/v1/evaluator.proto

import type { Split as _petage_v1_Split, Split__Output as _petage_v1_Split__Output } from '../../petage/v1/Split.ts';

/**
 * What to evaluate.
 */
export interface EvaluateRequest {
  /**
   * The checkpoint: a path or a URI (file://, nats://).
   */
  'checkpointUri'?: (string);
  /**
   * On which split: VALIDATION or TEST.
   */
  'split'?: (_petage_v1_Split);
  /**
   * Also send what the model says of each image.
   */
  'includePredictions'?: (boolean);
  /**
   * Send all probabilities with each prediction.
   */
  'includeProbabilities'?: (boolean);
}

/**
 * What to evaluate.
 */
export interface EvaluateRequest__Output {
  /**
   * The checkpoint: a path or a URI (file://, nats://).
   */
  'checkpointUri': (string);
  /**
   * On which split: VALIDATION or TEST.
   */
  'split': (_petage_v1_Split__Output);
  /**
   * Also send what the model says of each image.
   */
  'includePredictions': (boolean);
  /**
   * Send all probabilities with each prediction.
   */
  'includeProbabilities': (boolean);
}
