// Original file: petage/v1/controller.proto

import type { GpuSpec as _petage_v1_GpuSpec, GpuSpec__Output as _petage_v1_GpuSpec__Output } from '../../petage/v1/GpuSpec.ts';
import type { ResourceRequirements as _petage_v1_ResourceRequirements, ResourceRequirements__Output as _petage_v1_ResourceRequirements__Output } from '../../petage/v1/ResourceRequirements.ts';
import type { ConfigSource as _petage_v1_ConfigSource, ConfigSource__Output as _petage_v1_ConfigSource__Output } from '../../petage/v1/ConfigSource.ts';
import type { CheckpointPolicy as _petage_v1_CheckpointPolicy, CheckpointPolicy__Output as _petage_v1_CheckpointPolicy__Output } from '../../petage/v1/CheckpointPolicy.ts';
import type { FailurePolicy as _petage_v1_FailurePolicy, FailurePolicy__Output as _petage_v1_FailurePolicy__Output } from '../../petage/v1/FailurePolicy.ts';
import type { RunPolicy as _petage_v1_RunPolicy, RunPolicy__Output as _petage_v1_RunPolicy__Output } from '../../petage/v1/RunPolicy.ts';

/**
 * What a user wants.
 */
export interface TrainingJobSpec {
  /**
   * Container image of the workers; empty: the cluster's. Not used on one machine.
   */
  'image'?: (string);
  /**
   * How many workers (ranks), 1 to 1024; 0 means 1.
   */
  'workers'?: (number);
  /**
   * The GPU of each worker; absent: the worker computes on the CPU.
   */
  'gpu'?: (_petage_v1_GpuSpec | null);
  /**
   * CPU and memory of each worker.
   */
  'resources'?: (_petage_v1_ResourceRequirements | null);
  /**
   * The training config.
   */
  'config'?: (_petage_v1_ConfigSource | null);
  /**
   * Where results are written: `work_dir` of the config; empty: work_dirs/<config>/<time>.
   */
  'workDir'?: (string);
  /**
   * Weights to start from, a path or a URI: `load_from` of the config.
   */
  'loadFrom'?: (string);
  /**
   * When checkpoints are written, and which one is continued.
   */
  'checkpoint'?: (_petage_v1_CheckpointPolicy | null);
  /**
   * What happens when a worker fails.
   */
  'failurePolicy'?: (_petage_v1_FailurePolicy | null);
  /**
   * How long the job may run and stay.
   */
  'runPolicy'?: (_petage_v1_RunPolicy | null);
}

/**
 * What a user wants.
 */
export interface TrainingJobSpec__Output {
  /**
   * Container image of the workers; empty: the cluster's. Not used on one machine.
   */
  'image': (string);
  /**
   * How many workers (ranks), 1 to 1024; 0 means 1.
   */
  'workers': (number);
  /**
   * The GPU of each worker; absent: the worker computes on the CPU.
   */
  'gpu': (_petage_v1_GpuSpec__Output | null);
  /**
   * CPU and memory of each worker.
   */
  'resources': (_petage_v1_ResourceRequirements__Output | null);
  /**
   * The training config.
   */
  'config': (_petage_v1_ConfigSource__Output | null);
  /**
   * Where results are written: `work_dir` of the config; empty: work_dirs/<config>/<time>.
   */
  'workDir': (string);
  /**
   * Weights to start from, a path or a URI: `load_from` of the config.
   */
  'loadFrom': (string);
  /**
   * When checkpoints are written, and which one is continued.
   */
  'checkpoint': (_petage_v1_CheckpointPolicy__Output | null);
  /**
   * What happens when a worker fails.
   */
  'failurePolicy': (_petage_v1_FailurePolicy__Output | null);
  /**
   * How long the job may run and stay.
   */
  'runPolicy': (_petage_v1_RunPolicy__Output | null);
}
