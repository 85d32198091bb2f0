/**
 * Contrast pairs as text: CSV or JSONL with `positive` and `negative`, and perhaps a `prompt` that the effect is measured on.
 * Files are distrusted: what is wrong is said with the line and the cure.
 */
import { csvHeader, csvRecords } from "../problems/csv";

export interface PairTexts {
  readonly positive: string;
  readonly negative: string;
  /** Where a metric is read; absent: the negative prompt. */
  readonly prompt?: string;
}

export const MAX_PAIR_FILE_BYTES = 8_000_000;
export const MAX_PAIRS = 1000;
const MAX_CHARACTERS = 20_000;
const FIELDS = ["positive", "negative", "prompt"] as const;

export const mayHoldPairs = (name: string) => /\.(csv|jsonl|ndjson)$/i.test(name);

/** Whether the text names both prompts of a pair where its records begin. */
export function looksLikePairs(name: string, text: string): boolean {
  if (!mayHoldPairs(name)) return false;
  const begin = text.replace(/^\uFEFF/, "");
  if (/\.csv$/i.test(name)) return ["positive", "negative"].every((one) => csvHeader(begin).includes(one));
  const line = begin.slice(0, MAX_CHARACTERS * 3).split("\n", 1)[0] ?? "";
  return /"positive"\s*:/.test(line) && /"negative"\s*:/.test(line);
}

export function readPairsFile(name: string, text: string): PairTexts[] {
  const refuse = (why: string): never => {
    throw new Error(`${name}${why}.`);
  };
  const plain = text.replace(/^\uFEFF/, "");
  const records = /\.csv$/i.test(name)
    ? csvRecords(name, plain).map(({ place, record }) => ({ place, record: record as unknown }))
    : jsonLines(plain, refuse);
  if (records.length === 0) refuse(" holds no pairs: give a row for each, with “positive” and “negative”");
  if (records.length > MAX_PAIRS)
    refuse(` holds ${records.length} pairs; at most ${MAX_PAIRS} are taken: keep fewer`);
  return records.map(({ place, record }) => pairOf(place, record, refuse));
}

type Refuse = (why: string) => never;

function jsonLines(text: string, refuse: Refuse) {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const place = `line ${i + 1}`;
    try {
      return [{ place, record: JSON.parse(line) as unknown }];
    } catch {
      return refuse(`, ${place}: this is not JSON: write {"positive": "…", "negative": "…"} on a line`);
    }
  });
}

function pairOf(place: string, record: unknown, refuse: Refuse): PairTexts {
  const given = typeof record === "object" && record !== null ? (record as Record<string, unknown>) : {};
  for (const field of FIELDS) {
    const value = given[field];
    if (value === undefined && field === "prompt") continue;
    if (typeof value !== "string" || (value.trim() === "" && field !== "prompt"))
      return refuse(`, ${place}: “${field}” is missing: give a text for it`);
    if (value.length > MAX_CHARACTERS)
      return refuse(
        `, ${place}: “${field}” has ${value.length} characters; at most ${MAX_CHARACTERS} are taken: shorten it`,
      );
  }
  const { positive, negative, prompt } = given as { positive: string; negative: string; prompt?: string };
  return { positive, negative, ...(prompt && { prompt }) };
}

/** As a link carries them: three texts a pair, the third empty where there is none. */
export const flatPairs = (pairs: readonly PairTexts[]): string[] =>
  pairs.flatMap(({ positive, negative, prompt = "" }) => [positive, negative, prompt]);

export function pairsFromFlat(flat: readonly string[]): PairTexts[] {
  return Array.from({ length: Math.floor(flat.length / 3) }, (_, i) => {
    const [positive = "", negative = "", prompt = ""] = flat.slice(3 * i, 3 * i + 3);
    return { positive, negative, ...(prompt !== "" && { prompt }) };
  });
}
