// Original file: petage/v1/controller.proto


/**
 * When checkpoints are written, and which one is continued.
 */
export interface CheckpointPolicy {
  /**
   * "Auto" (also when empty): the newest complete one of `work_dir`, if any; "Never": none; else a path or a URI.
   */
  'resume'?: (string);
  /**
   * Write one every so many steps, besides those of the config's CheckpointHook; 0: none.
   */
  'everySteps'?: (number);
  /**
   * Keep at most so many of them; 0 means 3.
   */
  'keepLast'?: (number);
}

/**
 * When checkpoints are written, and which one is continued.
 */
export interface CheckpointPolicy__Output {
  /**
   * "Auto" (also when empty): the newest complete one of `work_dir`, if any; "Never": none; else a path or a URI.
   */
  'resume': (string);
  /**
   * Write one every so many steps, besides those of the config's CheckpointHook; 0: none.
   */
  'everySteps': (number);
  /**
   * Keep at most so many of them; 0 means 3.
   */
  'keepLast': (number);
}
