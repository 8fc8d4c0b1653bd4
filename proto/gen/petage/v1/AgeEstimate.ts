// Original file: petage/v1/inference.proto

import type { AgeProbability as _petage_v1_AgeProbability, AgeProbability__Output as _petage_v1_AgeProbability__Output } from '../../petage/v1/AgeProbability.ts';
import type { AgeInterval as _petage_v1_AgeInterval, AgeInterval__Output as _petage_v1_AgeInterval__Output } from '../../petage/v1/AgeInterval.ts';

/**
 * An age as a distribution over months.
 */
export interface AgeEstimate {
  /**
   * The answer: the distribution's median, in months.
   */
  'ageMonths'?: (number | string);
  /**
   * The distribution's mean, in months.
   */
  'meanMonths'?: (number | string);
  /**
   * The most probable month.
   */
  'modeMonths'?: (number);
  /**
   * The probability of each month from 0 on; they sum to 1. [192]
   */
  'monthProbabilities'?: (number | string)[];
  /**
   * The most probable months, the most probable first.
   */
  'top'?: (_petage_v1_AgeProbability)[];
  /**
   * The central interval that holds `coverage` of the distribution.
   */
  'interval'?: (_petage_v1_AgeInterval | null);
}

/**
 * An age as a distribution over months.
 */
export interface AgeEstimate__Output {
  /**
   * The answer: the distribution's median, in months.
   */
  'ageMonths': (number);
  /**
   * The distribution's mean, in months.
   */
  'meanMonths': (number);
  /**
   * The most probable month.
   */
  'modeMonths': (number);
  /**
   * The probability of each month from 0 on; they sum to 1. [192]
   */
  'monthProbabilities': (number)[];
  /**
   * The most probable months, the most probable first.
   */
  'top': (_petage_v1_AgeProbability__Output)[];
  /**
   * The central interval that holds `coverage` of the distribution.
   */
  'interval': (_petage_v1_AgeInterval__Output | null);
}
