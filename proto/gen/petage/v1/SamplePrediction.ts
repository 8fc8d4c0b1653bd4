// Original file: petage/v1/evaluator.proto


/**
 * What the model says of one image.
 */
export interface SamplePrediction {
  /**
   * The name in the dataset.
   */
  'sampleId'?: (string);
  /**
   * Age in months as labelled; absent without a label.
   */
  'label'?: (number);
  /**
   * Median of the distribution, in months: the answer that Predict gives.
   */
  'ageMonths'?: (number | string);
  /**
   * Mean of the distribution, in months.
   */
  'meanMonths'?: (number | string);
  /**
   * The most probable class, in months.
   */
  'modeMonths'?: (number);
  /**
   * One for each class where they were asked for, else empty. [C]
   */
  'probabilities'?: (number | string)[];
  '_label'?: "label";
}

/**
 * What the model says of one image.
 */
export interface SamplePrediction__Output {
  /**
   * The name in the dataset.
   */
  'sampleId': (string);
  /**
   * Age in months as labelled; absent without a label.
   */
  'label'?: (number);
  /**
   * Median of the distribution, in months: the answer that Predict gives.
   */
  'ageMonths': (number);
  /**
   * Mean of the distribution, in months.
   */
  'meanMonths': (number);
  /**
   * The most probable class, in months.
   */
  'modeMonths': (number);
  /**
   * One for each class where they were asked for, else empty. [C]
   */
  'probabilities': (number)[];
  '_label'?: "label";
}
