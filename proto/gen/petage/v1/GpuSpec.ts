// Original file: petage/v1/controller.proto


/**
 * GPUs of one worker, in Kubernetes' terms.
 */
export interface GpuSpec {
  /**
   * The resource's name; empty means "nvidia.com/gpu".
   */
  'resourceName'?: (string);
  /**
   * How many; 0 means 1.
   */
  'count'?: (number);
  /**
   * Product label that the node must have; empty: any.
   */
  'product'?: (string);
  /**
   * ResourceClaimTemplate that each worker gets a claim from instead; it says how many. Empty: none.
   */
  'resourceClaimTemplateName'?: (string);
}

/**
 * GPUs of one worker, in Kubernetes' terms.
 */
export interface GpuSpec__Output {
  /**
   * The resource's name; empty means "nvidia.com/gpu".
   */
  'resourceName': (string);
  /**
   * How many; 0 means 1.
   */
  'count': (number);
  /**
   * Product label that the node must have; empty: any.
   */
  'product': (string);
  /**
   * ResourceClaimTemplate that each worker gets a claim from instead; it says how many. Empty: none.
   */
  'resourceClaimTemplateName': (string);
}
