// Original file: petage/v1/controller.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A condition, as Kubernetes' metav1.Condition.
 */
export interface Condition {
  /**
   * "Running", "Suspended", "Complete", "Failed".
   */
  'type'?: (string);
  /**
   * "True", "False" or "Unknown".
   */
  'status'?: (string);
  /**
   * One word for programs: "WorkerFailed".
   */
  'reason'?: (string);
  /**
   * One sentence for people.
   */
  'message'?: (string);
  /**
   * When `status` last changed.
   */
  'lastTransitionTime'?: (_google_protobuf_Timestamp | null);
  /**
   * `metadata.generation` that it speaks of.
   */
  'observedGeneration'?: (number | string | Long);
}

/**
 * A condition, as Kubernetes' metav1.Condition.
 */
export interface Condition__Output {
  /**
   * "Running", "Suspended", "Complete", "Failed".
   */
  'type': (string);
  /**
   * "True", "False" or "Unknown".
   */
  'status': (string);
  /**
   * One word for programs: "WorkerFailed".
   */
  'reason': (string);
  /**
   * One sentence for people.
   */
  'message': (string);
  /**
   * When `status` last changed.
   */
  'lastTransitionTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * `metadata.generation` that it speaks of.
   */
  'observedGeneration': (number);
}
