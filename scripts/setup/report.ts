import { SingleBar } from "cli-progress";

/** What the set-up tells the person who waits. */
export interface Report {
  /** Whether a person watches: then programs may draw their own progress. */
  readonly interactive: boolean;
  say(line: string): void;
  /** A bar from 0 to 1; on a plain output one line. */
  bar(title: string): Disposable & { update(share: number): void };
}

export function consoleReport(): Report {
  const interactive = process.stdout.isTTY;
  return {
    interactive,
    say: (line) => console.log(`  ${line}`),
    bar(title) {
      if (!interactive) {
        console.log(`  ${title}`);
        return { update() {}, [Symbol.dispose]() {} };
      }
      const bar = new SingleBar({ format: `  ${title} [{bar}] {percentage} %`, hideCursor: true });
      bar.start(1, 0);
      return {
        update: (share) => bar.update(share),
        [Symbol.dispose]() {
          bar.update(1);
          bar.stop();
        },
      };
    },
  };
}
