// Original file: petage/v1/controller.proto


/**
 * A config in the language of mmpretrain's configs.
 */
export interface ConfigSource {
  /**
   * The text itself; its `_base_` are relative to petage's own configs/ folder.
   */
  'text'?: (string);
  /**
   * A file that the controller can read.
   */
  'path'?: (string);
  /**
   * A config that comes with petage, without folder and ending: "resnet18_petage_quickstart".
   */
  'name'?: (string);
  /**
   * File name of `text`; its ending tells the language (.py, .yaml, .json). Empty means "config.py".
   */
  'fileName'?: (string);
  /**
   * Overrides, one "key.path=value" each, as `--cfg-options` takes them.
   */
  'cfgOptions'?: (string)[];
  /**
   * Where its text is.
   */
  'source'?: "text"|"path"|"name";
}

/**
 * A config in the language of mmpretrain's configs.
 */
export interface ConfigSource__Output {
  /**
   * The text itself; its `_base_` are relative to petage's own configs/ folder.
   */
  'text'?: (string);
  /**
   * A file that the controller can read.
   */
  'path'?: (string);
  /**
   * A config that comes with petage, without folder and ending: "resnet18_petage_quickstart".
   */
  'name'?: (string);
  /**
   * File name of `text`; its ending tells the language (.py, .yaml, .json). Empty means "config.py".
   */
  'fileName': (string);
  /**
   * Overrides, one "key.path=value" each, as `--cfg-options` takes them.
   */
  'cfgOptions': (string)[];
  /**
   * Where its text is.
   */
  'source'?: "text"|"path"|"name";
}
