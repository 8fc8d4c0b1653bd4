import { abortable } from "#lib/base/signals.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import type { Reporter } from "./reporter.ts";
import type { Requests } from "./requests.ts";

export interface TrainerParts {
  readonly reporter: Reporter;
  readonly requests: Requests;
}

export function createTrainerService({ reporter, requests }: TrainerParts): Implementation<"TrainerService"> {
  return {
    getStatus: async () => reporter.status,
    async *streamMetrics({ intervalSteps }) {
      const events = reporter.events();
      try {
        for await (const event of events) {
          const step = event.step?.step;
          if (step === undefined || Number(step) % Math.max(1, intervalSteps) === 0) yield event;
        }
      } finally {
        reporter.leave(events);
      }
    },
    async saveCheckpoint(_request, { signal }) {
      return { checkpoint: await abortable(requests.save(), signal) };
    },
    async stop({ saveCheckpoint }, { signal }) {
      const checkpoint = await abortable(requests.stop({ save: saveCheckpoint }), signal);
      return checkpoint ? { checkpoint } : {};
    },
  };
}
