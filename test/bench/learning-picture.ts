export function drawLearning(curves: Readonly<Record<string, readonly (readonly number[])[]>>): string {
  return JSON.stringify(curves);
}
