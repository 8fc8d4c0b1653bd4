// Original file: petage/v1/inference.proto

import type { ModelVersion as _petage_v1_ModelVersion, ModelVersion__Output as _petage_v1_ModelVersion__Output } from '../../petage/v1/ModelVersion.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The model that answers.
 */
export interface GetModelResponse {
  /**
   * Its weights.
   */
  'model'?: (_petage_v1_ModelVersion | null);
  /**
   * Class names by class index; for ages "0" to "191".
   */
  'classes'?: (string)[];
  /**
   * Height of the network's input, in pixels.
   */
  'inputHeightPx'?: (number);
  /**
   * Width of the network's input, in pixels.
   */
  'inputWidthPx'?: (number);
  /**
   * What was measured when the checkpoint was written: "petage/mae_median".
   */
  'metrics'?: ({[key: string]: number | string});
  /**
   * When the model was warm.
   */
  'readyTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Largest photo accepted, in bytes.
   */
  'maxImageBytes'?: (number | string | Long);
  /**
   * Largest photo accepted, in pixels.
   */
  'maxImagePixels'?: (number | string | Long);
}

/**
 * The model that answers.
 */
export interface GetModelResponse__Output {
  /**
   * Its weights.
   */
  'model': (_petage_v1_ModelVersion__Output | null);
  /**
   * Class names by class index; for ages "0" to "191".
   */
  'classes': (string)[];
  /**
   * Height of the network's input, in pixels.
   */
  'inputHeightPx': (number);
  /**
   * Width of the network's input, in pixels.
   */
  'inputWidthPx': (number);
  /**
   * What was measured when the checkpoint was written: "petage/mae_median".
   */
  'metrics': ({[key: string]: number});
  /**
   * When the model was warm.
   */
  'readyTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Largest photo accepted, in bytes.
   */
  'maxImageBytes': (number);
  /**
   * Largest photo accepted, in pixels.
   */
  'maxImagePixels': (number);
}
