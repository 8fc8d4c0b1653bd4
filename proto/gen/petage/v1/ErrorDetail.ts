// Original file: petage/v1/common.proto


/**
 * An error as data: of one item in a stream, or of something that ended. Failed calls carry the same in their
 * trailing metadata (`petage-error-code`, `petage-error-hint`).
 */
export interface ErrorDetail {
  /**
   * A stable code of docs/errors.md: "IMAGE_UNDECODABLE".
   */
  'code'?: (string);
  /**
   * What went wrong, where, and what was expected.
   */
  'message'?: (string);
  /**
   * What to do about it; empty where nothing can be said.
   */
  'hint'?: (string);
}

/**
 * An error as data: of one item in a stream, or of something that ended. Failed calls carry the same in their
 * trailing metadata (`petage-error-code`, `petage-error-hint`).
 */
export interface ErrorDetail__Output {
  /**
   * A stable code of docs/errors.md: "IMAGE_UNDECODABLE".
   */
  'code': (string);
  /**
   * What went wrong, where, and what was expected.
   */
  'message': (string);
  /**
   * What to do about it; empty where nothing can be said.
   */
  'hint': (string);
}
