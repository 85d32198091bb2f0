/** A CSV with a header (RFC 4180: quotes, doubled quotes, line breaks inside them) as records with their lines. */
import { VitrineError } from "../../protocol/errors";
import { MAX_PROBLEMS, type PlacedRecord } from "./problem";

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

function* rowsOf(name: string, text: string): Generator<Row> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const cells: string[] = [];
    const first = line;
    for (;;) {
      let cell: string;
      if (text[at] === '"') {
        const parts: string[] = [];
        at++;
        for (;;) {
          const end = text.indexOf('"', at);
          if (end < 0)
            throw new VitrineError(
              "BadFile",
              `${name}, line ${first}: a quoted cell has no end: close its quote.`,
            );
          parts.push(text.slice(at, end));
          at = end + 1;
          if (text[at] !== '"') break;
          parts.push('"');
          at++;
        }
        cell = parts.join("");
        for (let i = cell.indexOf("\n"); i >= 0; i = cell.indexOf("\n", i + 1)) line++;
      } else {
        const start = at;
        while (at < text.length && text[at] !== "," && text[at] !== "\n") at++;
        cell = text.slice(start, at).replace(/\r$/, "");
      }
      cells.push(cell);
      if (text[at] === "\r") at++;
      const next = text[at++];
      if (next === ",") continue;
      if (next !== undefined && next !== "\n")
        throw new VitrineError(
          "BadFile",
          `${name}, line ${line}: text follows a closing quote: put a comma between cells, and double the quotes inside them.`,
        );
      line++;
      break;
    }
    if (cells.length > 1 || cells[0] !== "") yield { cells, line: first };
  }
}

/** Empty where there is no row under the header. */
export function csvRecords(name: string, text: string): PlacedRecord[] {
  let header: readonly string[] | undefined;
  const records: PlacedRecord[] = [];
  for (const { cells, line } of rowsOf(name, text)) {
    if (!header) {
      header = cells.map((cell) => cell.trim());
      continue;
    }
    const names = header;
    records.push({
      place: `line ${line}`,
      record: Object.fromEntries(cells.flatMap((cell, i) => (names[i] ? [[names[i], cell] as const] : []))),
    });
    // One more than are taken, so that the reader can say that there were more.
    if (records.length > MAX_PROBLEMS) break;
  }
  return records;
}

/** The header alone, to see what a file is. */
export function csvHeader(text: string): string[] {
  const end = text.indexOf("\n");
  const line = (end < 0 ? text : text.slice(0, end)).replace(/\r$/, "");
  return line.length > 10_000 ? [] : line.split(",").map((cell) => cell.trim().replace(/^"|"$/g, ""));
}
