/** `h:mm:ss`, as Python prints a timedelta. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const days = Math.floor(hours / 24);
  const clock = `${hours % 24}:${String(minutes).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return days === 0 ? clock : `${days} day${days === 1 ? "" : "s"}, ${clock}`;
}
