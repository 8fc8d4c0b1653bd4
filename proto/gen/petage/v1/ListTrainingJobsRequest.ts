// Original file: petage/v1/controller.proto


/**
 * Asks for one page of jobs.
 */
export interface ListTrainingJobsRequest {
  /**
   * Most jobs to return; 0 means 50, at most 500.
   */
  'pageSize'?: (number);
  /**
   * `next_page_token` of the page before; empty for the first page.
   */
  'pageToken'?: (string);
}

/**
 * Asks for one page of jobs.
 */
export interface ListTrainingJobsRequest__Output {
  /**
   * Most jobs to return; 0 means 50, at most 500.
   */
  'pageSize': (number);
  /**
   * `next_page_token` of the page before; empty for the first page.
   */
  'pageToken': (string);
}
