// Original file: petage/v1/inference.proto

import type { AgeEstimate as _petage_v1_AgeEstimate, AgeEstimate__Output as _petage_v1_AgeEstimate__Output } from '../../petage/v1/AgeEstimate.ts';
import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from '../../petage/v1/ModelVersion.ts';
import type { Timing as _petage_v1_Timing, Timing__Output as _petage_v1_Timing__Output } from '../../petage/v1/Timing.ts';

/**
 * The age on one photo.
 */
export interface PredictResponse {
  /**
   * As in the request.
   */
  'requestId'?: (string);
  /**
   * The age.
   */
  'estimate'?: (_petage_v1_AgeEstimate | null);
  /**
   * The weights that gave it.
   */
  'servedBy'?: (_petage_v1_ModelVersion | null);
  /**
   * Where the time went.
   */
  'timing'?: (_petage_v1_Timing | null);
}

/**
 * The age on one photo.
 */
export interface PredictResponse__Output {
  /**
   * As in the request.
   */
  'requestId': (string);
  /**
   * The age.
   */
  'estimate': (_petage_v1_AgeEstimate__Output | null);
  /**
   * The weights that gave it.
   */
  'servedBy': (_petage_v1_ModelVersion__Output | null);
  /**
   * Where the time went.
   */
  'timing': (_petage_v1_Timing__Output | null);
}
