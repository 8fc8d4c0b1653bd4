// Original file: petage/v1/common.proto

/**
 * Which part of the dataset of a config: its train, val or test dataloader.
 */
export const Split = {
  /**
   * Not set: the call is refused.
   */
  SPLIT_UNSPECIFIED: 'SPLIT_UNSPECIFIED',
  /**
   * `train_dataloader`.
   */
  SPLIT_TRAIN: 'SPLIT_TRAIN',
  /**
   * `val_dataloader`.
   */
  SPLIT_VALIDATION: 'SPLIT_VALIDATION',
  /**
   * `test_dataloader`.
   */
  SPLIT_TEST: 'SPLIT_TEST',
} as const;

/**
 * Which part of the dataset of a config: its train, val or test dataloader.
 */
export type Split =
  /**
   * Not set: the call is refused.
   */
  | 'SPLIT_UNSPECIFIED'
  | 0
  /**
   * `train_dataloader`.
   */
  | 'SPLIT_TRAIN'
  | 1
  /**
   * `val_dataloader`.
   */
  | 'SPLIT_VALIDATION'
  | 2
  /**
   * `test_dataloader`.
   */
  | 'SPLIT_TEST'
  | 3

/**
 * Which part of the dataset of a config: its train, val or test dataloader.
 */
export type Split__Output = typeof Split[keyof typeof Split]
