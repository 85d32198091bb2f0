/**
 * A trace of thought anchors (Bogdan et al. 2025, arXiv:2506.19143), as its authors published it: a folder with
 * chunks_labeled.json (the sentences with their categories and importances), base_solution.json (prompt and solution)
 * and problem.json. The three are told apart by what is in them. Sentences are found in the solution by their letters,
 * whatever white space the file has, so that prompt and steps join to the text that was written.
 */
import { VitrineError } from "../../protocol/errors";
import { lastBoxed } from "./boxed";
import type { Problem, StepLabel, TextFile } from "./problem";
import { MAX_PROBLEM_STEPS } from "./problem";
import { wholeJson } from "./records";

interface Chunk {
  readonly chunk: string;
  readonly function_tags?: unknown;
  readonly [field: string]: unknown;
}

/** Importances that a step may have, the one that the paper argues for first. */
const IMPORTANCES: readonly (readonly [field: string, name: string])[] = [
  ["counterfactual_importance_accuracy", "counterfactual importance (accuracy)"],
  ["resampling_importance_accuracy", "resampling importance (accuracy)"],
  ["counterfactual_importance_kl", "counterfactual importance (KL)"],
  ["resampling_importance_kl", "resampling importance (KL)"],
];
/** What the authors force an answer with, where the solution has none. */
const FORCED_PREFIX = "\n</think>\n\nTherefore, the final answer is \\boxed{";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isChunks = (value: unknown): value is Chunk[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => isObject(one) && typeof one["chunk"] === "string");
const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

/** The trace that these files make; undefined where none of them has labelled sentences. */
export function thoughtAnchorsProblem(files: readonly TextFile[]): Problem | undefined {
  const values = files.map(({ text }) => wholeJson(text));
  const at = values.findIndex(isChunks);
  const chunks = values[at];
  if (!isChunks(chunks)) return undefined;
  const { name } = files[at] ?? { name: "" };
  if (chunks.length > MAX_PROBLEM_STEPS)
    throw new VitrineError(
      "BadFile",
      `${name} has ${chunks.length} sentences: at most ${MAX_PROBLEM_STEPS}.`,
    );
  const objects = values.filter(isObject);
  const solved = objects.find((one) => textOf(one["solution"]) !== undefined && textOf(one["prompt"]));
  const posed = objects.find((one) => textOf(one["problem"]) !== undefined);
  const prompt = textOf(solved?.["prompt"]) ?? textOf(posed?.["problem"]);
  if (prompt === undefined) {
    throw new VitrineError(
      "BadFile",
      `${name} has sentences and no problem: open it together with base_solution.json or problem.json of its folder.`,
    );
  }
  const solution = textOf(solved?.["solution"]);
  const { steps, rest } = solution === undefined ? joined(chunks) : cutSolution(solution, chunks);
  const boxed = lastBoxed(rest);
  const answer = textOf(solved?.["answer"]) ?? textOf(posed?.["gt_answer"]);
  if (!boxed && answer === undefined) {
    throw new VitrineError(
      "BadFile",
      `${name}: no answer: open problem.json with “gt_answer”, or base_solution.json with “answer”, beside it.`,
    );
  }
  const importance = IMPORTANCES.find(([field]) => chunks.some((chunk) => isImportance(chunk[field])));
  const nickname = textOf(posed?.["nickname"]) ?? textOf(posed?.["type"]);
  return {
    name: nickname ?? name.replace(/\.json$/, ""),
    prompt,
    steps,
    answerPrefix: boxed ? rest.slice(0, boxed.start) : FORCED_PREFIX,
    answer: boxed ? rest.slice(boxed.start, boxed.end) : (answer ?? ""),
    ...(typeof solved?.["is_correct"] === "boolean" && { isAnswerCorrect: solved["is_correct"] }),
    labels: chunks.map((chunk) => labelOf(chunk, importance?.[0])),
    ...(importance && { importanceName: importance[1] }),
  };
}

const isImportance = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function labelOf(chunk: Chunk, field: string | undefined): StepLabel {
  const tags = chunk.function_tags;
  const words = Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
  const importance = field === undefined ? undefined : chunk[field];
  return {
    ...(words.length > 0 && { tags: words }),
    ...(isImportance(importance) && { importance }),
  };
}

const joined = (chunks: readonly Chunk[]) => ({
  steps: chunks.map(({ chunk }, i) => (i === 0 ? chunk : ` ${chunk}`)),
  rest: "",
});

/** Each step ends where its sentence does, so that all of them and the rest join to the solution. */
function cutSolution(solution: string, chunks: readonly Chunk[]): { steps: string[]; rest: string } {
  const places: number[] = [];
  const letters: string[] = [];
  for (let i = 0; i < solution.length; i++) {
    const letter = solution[i] ?? "";
    if (/\s/.test(letter)) continue;
    places.push(i);
    letters.push(letter);
  }
  const bare = letters.join("");
  const steps: string[] = [];
  let from = 0;
  let bareFrom = 0;
  for (const { chunk } of chunks) {
    const wanted = chunk.replace(/\s+/g, "");
    const found = bare.indexOf(wanted, bareFrom);
    if (found < 0) {
      // The solution does not have it: the sentences alone are the chain.
      return joined(chunks);
    }
    bareFrom = found + wanted.length;
    const end = (places[bareFrom - 1] ?? from - 1) + 1;
    steps.push(solution.slice(from, end));
    from = end;
  }
  return { steps, rest: solution.slice(from) };
}
