// Original file: petage/v1/controller.proto


/**
 * When checkpoints are written, and which one is continued.
 */
export interface CheckpointPolicy {
  /**
   * What a new job continues. "Auto": the newest complete one of `work_dir`, if any; "Never": none; else a path or a
   * URI. Empty: what `resume` of the config says, else "Never". A restarted job goes on from its own last one anyway.
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
  /**
   * What becomes of the job's own folder, `status.work_dir`, when the job is deleted, also by its time to live. "Always",
   * or empty: it stays. "Never": it goes. One machine deletes no jobs: there it stays.
   */
  'retain'?: (string);
}

/**
 * When checkpoints are written, and which one is continued.
 */
export interface CheckpointPolicy__Output {
  /**
   * What a new job continues. "Auto": the newest complete one of `work_dir`, if any; "Never": none; else a path or a
   * URI. Empty: what `resume` of the config says, else "Never". A restarted job goes on from its own last one anyway.
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
  /**
   * What becomes of the job's own folder, `status.work_dir`, when the job is deleted, also by its time to live. "Always",
   * or empty: it stays. "Never": it goes. One machine deletes no jobs: there it stays.
   */
  'retain': (string);
}
