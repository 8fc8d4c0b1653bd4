const VARIABLE = "PETAGE_EAGER";

/** Whether this process computes op by op though it could compile. Its threads and children inherit it. */
export function isEager(): boolean {
  return process.env[VARIABLE] === "1";
}

export function computeEagerly(): void {
  process.env[VARIABLE] = "1";
}
