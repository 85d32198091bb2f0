/**
 * Files of problems: ProcessBench, a trace of thought anchors, or our own layout, told apart by what is in them. Pure; the
 * page and the command line read the same way.
 */
import { VitrineError } from "../../protocol/errors";
import { csvHeader } from "./csv";
import { isPlain, plainProblem } from "./plainProblem";
import {
  BadRecord,
  MAX_PROBLEMS,
  type PlacedRecord,
  type Problem,
  type ProblemSet,
  type TextFile,
} from "./problem";
import { isProcessBench, processBenchProblem } from "./processBench";
import { recordsOf, type FileRecords } from "./records";
import { thoughtAnchorsProblem } from "./thoughtAnchors";

/** Files that can hold problems, by their names. */
export const PROBLEM_FILE = /\.(jsonl?|ndjson|csv)$/i;
/** Files of a model and its tokenizer are never problems. */
const MODEL_FILE =
  /^(config|cfg|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|preprocessor_config|.*\.index)\.json$/i;

export const mayHoldProblems = (name: string) => PROBLEM_FILE.test(name) && !MODEL_FILE.test(name);

const withoutMark = ({ name, text }: TextFile): TextFile => ({ name, text: text.replace(/^\uFEFF/, "") });

/** Undefined where nothing in the files looks like a problem: they are something else. */
export function findProblems(given: readonly TextFile[]): ProblemSet | undefined {
  const files = given.filter(({ name }) => mayHoldProblems(name)).map(withoutMark);
  const trace = thoughtAnchorsProblem(files);
  if (trace) {
    const name = files.length === 1 ? (files[0]?.name ?? trace.name) : trace.name;
    return { name, layout: "thought anchors", problems: [trace], bad: [] };
  }
  for (const file of files) {
    const set = setOf(file);
    if (set) return set;
  }
  return undefined;
}

/** The same, for files that were given as problems: refused in words where they are none. */
export function readProblems(files: readonly TextFile[]): ProblemSet {
  const set = findProblems(files);
  if (set) return set;
  const [wrong] = files.flatMap((file) => recordsOf(file).bad.map((one) => `${file.name}, ${one}`));
  if (wrong !== undefined) throw new VitrineError("BadFile", `${wrong}.`);
  const names = files.map(({ name }) => name).join(", ");
  throw new VitrineError(
    "BadFile",
    `${names} holds no problems: give JSON, JSONL or CSV with “prompt”, “steps” and “answer”, rows of ProcessBench, or a trace of thought anchors.`,
  );
}

function setOf(file: TextFile): ProblemSet | undefined {
  const found = tableOrRecords(file);
  if (!found) return undefined;
  const { records, bad: unread } = found;
  const first = records.find((one) => isPlain(one) || isProcessBench(one));
  if (!first) return undefined;
  const layout = isPlain(first) ? "Vitrine" : "ProcessBench";
  const read = layout === "ProcessBench" ? processBenchProblem : plainProblem;
  const problems: Problem[] = [];
  const bad = unread.map((one) => `${file.name}, ${one}`);
  for (const one of records.slice(0, MAX_PROBLEMS)) {
    try {
      problems.push(read(one));
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      bad.push(`${file.name}, ${one.place}: ${error.message}`);
    }
  }
  if (records.length > MAX_PROBLEMS)
    bad.push(`${file.name}: only the first ${MAX_PROBLEMS} problems are taken`);
  if (problems.length === 0) throw new VitrineError("BadFile", `${bad[0] ?? file.name}.`);
  return { name: file.name, layout, problems, bad };
}

/** A table whose header names no field of a problem is not read any further. */
function tableOrRecords(file: TextFile): FileRecords | undefined {
  const isTable = !/^\s*[[{]/.test(file.text);
  if (isTable) {
    const header: PlacedRecord["record"] = Object.fromEntries(
      csvHeader(file.text).map((cell) => [cell, "x"]),
    );
    const one = { place: "", record: header };
    if (!isPlain(one) && !isProcessBench(one)) return undefined;
  }
  return recordsOf(file);
}
