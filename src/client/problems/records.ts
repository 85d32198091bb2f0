/** The records of a file: JSON (a list, one object, or an object with a list in it), one JSON object a line, or CSV. */
import { VitrineError } from "../../protocol/errors";
import { csvRecords } from "./csv";
import { MAX_PROBLEMS, type PlacedRecord, type TextFile } from "./problem";

/** Fields that lists of records stand in: ours, and those of common exports. */
const LIST_FIELDS = ["problems", "data", "rows", "examples"];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export interface FileRecords {
  readonly records: readonly PlacedRecord[];
  readonly bad: readonly string[];
}

/** The whole text as one JSON value; undefined where it is none. */
export function wholeJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function recordsOf({ name, text }: TextFile): FileRecords {
  if (!/^\s*[[{]/.test(text)) return { records: csvRecords(name, text), bad: [] };
  const whole = wholeJson(text);
  if (whole !== undefined) return { records: listed(whole), bad: [] };
  if (/^\s*\[/.test(text)) {
    // Another page's broken list is none of ours.
    if (!/"(prompt|problem|question|steps|chain)"\s*:/.test(text)) return { records: [], bad: [] };
    throw new VitrineError(
      "BadFile",
      `${name}: this JSON list is not closed or has a comma too many: save it again.`,
    );
  }
  return lines(text);
}

function listed(whole: unknown): PlacedRecord[] {
  const field = isObject(whole) ? LIST_FIELDS.find((one) => Array.isArray(whole[one])) : undefined;
  const list = Array.isArray(whole)
    ? whole
    : field && isObject(whole)
      ? (whole[field] as unknown[])
      : [whole];
  return list.slice(0, MAX_PROBLEMS + 1).flatMap((item: unknown, i) => {
    // The Hub's viewer wraps each: {"row_idx": 0, "row": {…}}.
    const record = isObject(item) && isObject(item["row"]) ? item["row"] : item;
    const place = list.length === 1 ? "the problem" : `problem ${i}`;
    return isObject(record) ? [{ place, record }] : [];
  });
}

function lines(text: string): FileRecords {
  const records: PlacedRecord[] = [];
  const bad: string[] = [];
  let line = 0;
  for (let at = 0; at < text.length && records.length <= MAX_PROBLEMS;) {
    line++;
    const end = text.indexOf("\n", at);
    const one = text.slice(at, end < 0 ? text.length : end).trim();
    at = end < 0 ? text.length : end + 1;
    if (one === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(one);
    } catch {
      bad.push(`line ${line}: this is not JSON: write one object a line`);
      continue;
    }
    if (isObject(value)) records.push({ place: `line ${line}`, record: value });
    else
      bad.push(`line ${line}: this is not an object: write {"prompt": "…", "steps": ["…"], "answer": "…"}`);
  }
  return { records, bad };
}
