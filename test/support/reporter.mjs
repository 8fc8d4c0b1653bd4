// Mocha's own report, and below it the files that took longest and one line that machines read.
import { relative } from "node:path";
import mocha from "mocha";

const { Runner, reporters } = mocha;

const LISTED_FILES = 12;
/** Runs that are over sooner list no files. */
const SHORT_RUN_MS = 60_000;

export default class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const { EVENT_TEST_END, EVENT_HOOK_END, EVENT_RUN_END } = Runner.constants;
    const durationsMs = new Map();
    const note = ({ file = "", duration = 0 }) => durationsMs.set(file, (durationsMs.get(file) ?? 0) + duration);
    runner.on(EVENT_TEST_END, note);
    runner.on(EVENT_HOOK_END, note);
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending, duration } = this.stats;
      if (duration > SHORT_RUN_MS) listSlowest(durationsMs);
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

function listSlowest(durationsMs) {
  const slowest = [...durationsMs].toSorted(([, one], [, other]) => other - one).slice(0, LISTED_FILES);
  console.log("The files that took longest:");
  for (const [file, ms] of slowest) {
    console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${relative(process.cwd(), file)}`);
  }
}
