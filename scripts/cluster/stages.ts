import { SingleBar } from "cli-progress";
import { duration, spent } from "../setup/report.ts";
import type { Bar, Report } from "../setup/report.ts";

/** A part of a long work. */
export interface Stage {
  readonly title: string;
  /** How long it takes on two free cores: the total and the bar go by it. */
  readonly seconds: number;
  readonly work: (report: Report) => Promise<void>;
}

/** How often a plain output hears how far it is, and a drawn bar moves. */
const INTERVAL_MS = { plain: 15_000, drawn: 500 };
/** What a stage that does not say how far it is may count for by its time alone. */
const MAXIMUM_GUESS = 0.95;

/** Carries out stages one after another, behind one bar with a total. */
export async function runStages(stages: readonly Stage[], report: Report): Promise<void> {
  const startMs = performance.now();
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const titles = stages.map(({ title }) => title).join(", ");
  report.say(`${stages.length} ${stages.length === 1 ? "step" : "steps"}, about ${duration(total)}: ${titles}`);
  let before = 0;
  for (const [index, stage] of stages.entries()) {
    const at = { stage, label: `${index + 1} of ${stages.length}`, before, total, startMs };
    await runStage(at, report);
    before += stage.seconds;
  }
}

interface Place {
  readonly stage: Stage;
  readonly label: string;
  /** Seconds that the stages before it were to take. */
  readonly before: number;
  readonly total: number;
  readonly startMs: number;
}

async function runStage(place: Place, report: Report): Promise<void> {
  const { stage, label, startMs } = place;
  const stageMs = performance.now();
  let known = 0;
  const share = (): number => shareOf(place, { known, seconds: (performance.now() - stageMs) / 1000 });
  {
    using shown = report.interactive ? drawn(place, share) : told(place, report, share);
    const bar = (): Bar => ({ update: (next) => void (known = next), [Symbol.dispose]() {} });
    await stage.work({ ...report, bar, say: shown.say });
  }
  report.say(`${label}, ${stage.title}: done in ${spent(stageMs)}, ${spent(startMs)} in all`);
}

/** How much of the whole is done, from 0 to 1. */
export function shareOf(
  { stage, before, total }: Pick<Place, "stage" | "before" | "total">,
  { known, seconds }: { readonly known: number; readonly seconds: number },
): number {
  const guess = Math.min(seconds / stage.seconds, MAXIMUM_GUESS);
  return (before + stage.seconds * (known > 0 ? known : guess)) / total;
}

interface Shown extends Disposable {
  /** What is done at the moment. */
  readonly say: (line: string) => void;
}

function drawn({ stage, label, total, startMs }: Place, share: () => number): Shown {
  const format = `  ${label} [{bar}] {percentage} %, {spent} of about ${duration(total)}: {doing}`;
  const bar = new SingleBar({ format, hideCursor: true, barsize: 30 });
  let doing = stage.title;
  bar.start(1, share(), { spent: spent(startMs), doing });
  const timer = setInterval(() => bar.update(share(), { spent: spent(startMs), doing }), INTERVAL_MS.drawn);
  return {
    say: (line) => void (doing = line),
    [Symbol.dispose]() {
      clearInterval(timer);
      bar.stop();
    },
  };
}

function told({ stage, label, total, startMs }: Place, { say }: Report, share: () => number): Shown {
  say(`${label}, ${stage.title}`);
  const tell = (): void =>
    say(`${label}, ${stage.title}: ${Math.floor(share() * 100)} %, ${spent(startMs)} of about ${duration(total)}`);
  const timer = setInterval(tell, INTERVAL_MS.plain);
  return { say, [Symbol.dispose]: () => clearInterval(timer) };
}
