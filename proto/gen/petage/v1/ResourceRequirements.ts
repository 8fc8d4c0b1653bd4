// Original file: petage/v1/controller.proto


/**
 * Kubernetes' quantities by resource name: "cpu": "500m", "memory": "2Gi".
 */
export interface ResourceRequirements {
  /**
   * What a worker needs. On one machine `cpu` sets the threads of its TensorFlow.
   */
  'requests'?: ({[key: string]: string});
  /**
   * What a worker may use at most.
   */
  'limits'?: ({[key: string]: string});
}

/**
 * Kubernetes' quantities by resource name: "cpu": "500m", "memory": "2Gi".
 */
export interface ResourceRequirements__Output {
  /**
   * What a worker needs. On one machine `cpu` sets the threads of its TensorFlow.
   */
  'requests': ({[key: string]: string});
  /**
   * What a worker may use at most.
   */
  'limits': ({[key: string]: string});
}
