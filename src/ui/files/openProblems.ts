/** Reads the visitor's files as a set of problems; what is too large or is something else is told apart before it is read. */
import { VitrineError } from "../../protocol/errors";
import { MAX_PROBLEM_BYTES, type ProblemSet } from "../../client/problems/problem";
import { findProblems, mayHoldProblems, readProblems } from "../../client/problems/readProblems";

/** A trace of thought anchors is a folder of five files. */
const MAX_FILES = 32;

export async function openProblems(files: readonly File[], insist: boolean): Promise<ProblemSet | undefined> {
  // One file that can be nothing of the kind, weights for instance, and all of them are a model.
  if (!insist && (files.length > MAX_FILES || !files.every(({ name }) => mayHoldProblems(name))))
    return undefined;
  const chosen = files.filter(({ name }) => mayHoldProblems(name));
  if (insist && chosen.length === 0) {
    const names = files.map(({ name }) => name).join(", ");
    throw new VitrineError("BadFile", `${names}: problems come as .json, .jsonl or .csv files.`);
  }
  const large = chosen.find(({ size }) => size > MAX_PROBLEM_BYTES);
  if (large) {
    const isTable = !/\.json$/i.test(large.name);
    if (!insist && !isTable) return undefined;
    throw new VitrineError(
      "BadFile",
      `${large.name} has ${Math.round(large.size / 1e6)} MB: problems are read up to ${MAX_PROBLEM_BYTES / 1e6} MB. Cut it into parts.`,
    );
  }
  const texts = await Promise.all(chosen.map(async (file) => ({ name: file.name, text: await file.text() })));
  return insist ? readProblems(texts) : findProblems(texts);
}
