import type { SampleInfo } from "#lib/data/types.ts";
import type { BrowseRow } from "./browse-row.ts";

export interface PageOptions {
  readonly title: string;
  readonly sampleCount: number;
  readonly seed: number;
}

/** A page with all pictures in it, which needs no other file and no script. */
export function page(rows: readonly BrowseRow[], { title, sampleCount, seed }: PageOptions): string {
  const columns = Math.max(0, ...rows.map(({ draws }) => draws.length));
  const epochs = Array.from({ length: columns }, (_, epoch) => `<th>epoch ${epoch + 1}</th>`);
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeMarkup(title)}</title>
<style>
body { font: 14px sans-serif; color: #333; margin: 1em; }
td { vertical-align: top; padding: 4px; max-width: 200px; overflow-wrap: anywhere; }
th { text-align: left; padding: 4px; position: sticky; top: 0; background: white; }
.bad { color: #b00; }
</style>
<h1>${escapeMarkup(title)}</h1>
<p>${rows.length} of ${sampleCount} photos, spread over the ages; beside each what the pipeline makes of it with seed ${seed}.</p>
<table>
<tr><th>photo</th><th>as it is</th>${epochs.join("")}</tr>
${rows.map(rowOf).join("\n")}
</table>
</html>
`;
}

function rowOf({ info, original, draws }: BrowseRow): string {
  const name = `<td><b>${escapeMarkup(ageOf(info))}</b><br>${escapeMarkup(info.id)}</td>`;
  return `<tr>${name}${[original, ...draws].map(cellOf).join("")}</tr>`;
}

function cellOf(content: Buffer | string): string {
  if (typeof content === "string") return `<td class="bad">${escapeMarkup(content)}</td>`;
  return `<td><img alt="" src="data:image/png;base64,${content.toString("base64")}"></td>`;
}

export function ageOf({ label }: SampleInfo): string {
  return label === null ? "no label" : label === 1 ? "1 month" : `${label} months`;
}

/** Text as it stands in HTML and in SVG; characters that neither may hold become spaces. */
export function escapeMarkup(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replaceAll(/\p{Cc}|[\ufffe\uffff]/gu, " ").replaceAll(/[&<>"']/g, (letter) => names[letter] ?? letter);
}
