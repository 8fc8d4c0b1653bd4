/**
 * Keeps TensorFlow's remarks on the processor from a terminal and from a log of JSON lines, unless they were asked for.
 * Call before it is loaded.
 */
export function quietTensorflow(): void {
  process.env["TF_CPP_MIN_LOG_LEVEL"] ||= "3"; // errors and fatal errors only
}
