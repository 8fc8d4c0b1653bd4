import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";

/** A longer line is handed on in pieces. */
const MAX_LINE_CHARACTERS = 16_384;

/** Calls back with each line of a stream, without its break; the last one needs none. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    for (; rest.length > MAX_LINE_CHARACTERS; rest = rest.slice(MAX_LINE_CHARACTERS)) {
      onLine(rest.slice(0, MAX_LINE_CHARACTERS));
    }
  };
  stream.on("data", (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on("end", () => {
    take(decoder.end());
    if (rest !== "") onLine(rest);
  });
}
