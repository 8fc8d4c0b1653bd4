// Original file: petage/v1/controller.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * How a process of the job ended badly.
 */
export interface WorkerFailure {
  /**
   * The process (on Kubernetes the pod): "quickstart-0-1", "data-loader".
   */
  'worker'?: (string);
  /**
   * Its rank; absent for processes that are no trainer.
   */
  'rank'?: (number);
  /**
   * The node it ran on; empty on one machine.
   */
  'node'?: (string);
  /**
   * Its exit code; absent when a signal ended it.
   */
  'exitCode'?: (number);
  /**
   * The signal that ended it: "SIGKILL"; empty when it exited.
   */
  'signal'?: (string);
  /**
   * One word for programs: "Killed", "PeerLost", "Error".
   */
  'reason'?: (string);
  /**
   * What happened and how to go on; at most 1 KiB.
   */
  'message'?: (string);
  /**
   * When it was seen.
   */
  'time'?: (_google_protobuf_Timestamp | null);
  '_rank'?: "rank";
  '_exitCode'?: "exitCode";
}

/**
 * How a process of the job ended badly.
 */
export interface WorkerFailure__Output {
  /**
   * The process (on Kubernetes the pod): "quickstart-0-1", "data-loader".
   */
  'worker': (string);
  /**
   * Its rank; absent for processes that are no trainer.
   */
  'rank'?: (number);
  /**
   * The node it ran on; empty on one machine.
   */
  'node': (string);
  /**
   * Its exit code; absent when a signal ended it.
   */
  'exitCode'?: (number);
  /**
   * The signal that ended it: "SIGKILL"; empty when it exited.
   */
  'signal': (string);
  /**
   * One word for programs: "Killed", "PeerLost", "Error".
   */
  'reason': (string);
  /**
   * What happened and how to go on; at most 1 KiB.
   */
  'message': (string);
  /**
   * When it was seen.
   */
  'time': (_google_protobuf_Timestamp__Output | null);
  '_rank'?: "rank";
  '_exitCode'?: "exitCode";
}
