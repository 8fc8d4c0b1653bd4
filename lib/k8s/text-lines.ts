/** A longer line is handed on in pieces. */
const MAX_LINE_CHARACTERS = 16_384;

/** The lines of a log as they come, the last one also where no break follows it. */
export async function* textLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
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
