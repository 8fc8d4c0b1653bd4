import { LABELS } from "./names.ts";
import type { Pod } from "./pod.ts";

/** A longer line is handed on in pieces. */
const MAX_LINE_CHARACTERS = 16_384;

/** The container that does the work; others may have been added to the pod. */
export function containerOf({ spec: { containers }, metadata: { labels } }: Pod): string | undefined {
  return (containers.find(({ name }) => name === labels?.[LABELS.role]) ?? containers[0])?.name;
}

/** Whether a worker has begun to write. */
export function hasLog(pod: Pod): boolean {
  const container = containerOf(pod);
  const state = pod.status?.containerStatuses?.find(({ name }) => name === container)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

/** The lines of a log as they come, the last one also where no break follows it. */
export async function* logLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
    for (; rest.length > MAX_LINE_CHARACTERS; rest = rest.slice(MAX_LINE_CHARACTERS)) {
      yield rest.slice(0, MAX_LINE_CHARACTERS);
    }
  }
  if (rest !== "") yield rest;
}
