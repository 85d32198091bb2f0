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

/** Characters of all pairs: a link carries them. */
export const MAX_ALL_CHARACTERS = 190_000;

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

/** As they stand in the text field, and as a link carries them: `positive | negative` on a line, or a JSON object. */
export const pairsText = (pairs: readonly PairTexts[]): string =>
  pairs
    .map((pair) => (isPlain(pair) ? `${pair.positive} | ${pair.negative}` : JSON.stringify(pair)))
    .join("\n");

/** Comes back as it was where it is written with a bar. */
const isPlain = ({ positive, negative, prompt }: PairTexts) =>
  prompt === undefined && [positive, negative].every((text) => text === text.trim() && !/[|\n{]/.test(text));

/** Pairs as they are typed. */
export function readTypedPairs(text: string): PairTexts[] {
  const lines = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [{ line: line.trim(), i }]));
  if (lines.length > MAX_PAIRS)
    throw new Error(`There are ${lines.length} pairs; at most ${MAX_PAIRS} are taken: keep fewer.`);
  return lines.map(({ line, i }) => {
    const name = `line ${i + 1}`;
    if (line.startsWith("{")) return readPairsFile(name, line)[0] ?? { positive: "", negative: "" };
    const [positive = "", negative = "", prompt = "", ...more] = line.split("|").map((part) => part.trim());
    if (positive === "" || negative === "" || more.length > 0)
      throw new Error(`${name}: write the positive prompt, a bar (|), and the negative prompt.`);
    return { positive, negative, ...(prompt !== "" && { prompt }) };
  });
}
