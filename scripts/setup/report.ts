import { SingleBar } from "cli-progress";

/** How often a plain output hears that work goes on. */
const PROGRESS_INTERVAL_MS = 15_000;

/** What the set-up tells the person who waits. */
export interface Report {
  /** Whether a person watches: then programs may draw their own progress. */
  readonly interactive: boolean;
  say(line: string): void;
  /** A bar from 0 to 1; on a plain output a line now and then. */
  bar(title: string): Bar;
}

export interface Bar extends Disposable {
  update(share: number): void;
}

export function consoleReport(): Report {
  const interactive = process.stdout.isTTY;
  const say = (line: string): void => console.log(`  ${line}`);
  return { interactive, say, bar: (title) => (interactive ? drawnBar(title) : toldBar(title, say)) };
}

function drawnBar(title: string): Bar {
  const bar = new SingleBar({ format: `  ${title} [{bar}] {percentage} %`, hideCursor: true });
  bar.start(1, 0);
  return {
    update: (share) => bar.update(share),
    [Symbol.dispose]() {
      bar.update(1);
      bar.stop();
    },
  };
}

function toldBar(title: string, say: Report["say"]): Bar {
  const startMs = performance.now();
  let share = 0;
  say(title);
  const timer = setInterval(() => {
    const done = share === 0 ? "" : `${Math.floor(share * 100)} %, `;
    say(`${title}: ${done}${spent(startMs)} so far`);
  }, PROGRESS_INTERVAL_MS);
  return {
    update: (next) => void (share = next),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Does work behind a bar, and says how long it took. */
export async function watched<T>(
  title: string,
  report: Report,
  work: (update: Bar["update"]) => Promise<T>,
): Promise<T> {
  const startMs = performance.now();
  const result = await behindBar(report.bar(title), work);
  report.say(`${title}: done in ${spent(startMs)}`);
  return result;
}

async function behindBar<T>(bar: Bar, work: (update: Bar["update"]) => Promise<T>): Promise<T> {
  using shown = bar;
  return await work((share) => shown.update(share));
}

/** The time since then, for people. */
export function spent(startMs: number): string {
  return duration((performance.now() - startMs) / 1000);
}

/** `45 s`, `3 min 20 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
