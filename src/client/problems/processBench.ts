/**
 * ProcessBench (Zheng et al. 2024, arXiv:2412.06559): {id, generator, problem, steps, final_answer_correct, label}, where
 * label is the first wrong step or -1. Steps are paragraphs. The file has no reference answer: the answer is what the chain
 * itself comes to, the content of its last \boxed{}, and what stands before it is the cue.
 */
import { boxedFrom, lastBoxed } from "./boxed";
import { errorField, flagField, isThere, textField, textsField } from "./fields";
import { refuse, type PlacedRecord, type Problem } from "./problem";

const PARAGRAPH = "\n\n";

export const isProcessBench = ({ record }: PlacedRecord) =>
  typeof record["problem"] === "string" && isThere(record["steps"]) && isThere(record["label"]);

export function processBenchProblem({ place, record }: PlacedRecord): Problem {
  const prompt = textField(record, ["problem"]) ?? refuse("“problem” is missing: give the problem's text");
  const given = textsField(record, "steps") ?? refuse("“steps” has to be a list of texts");
  const firstError = errorField(record["label"], "label", given.length);
  const isAnswerCorrect = flagField(record, "final_answer_correct");
  const last = given.at(-1) ?? refuse("“steps” is empty: give at least one step");
  const boxed =
    lastBoxed(last) ??
    refuse(
      `the last step has no \\boxed{…}, which is the chain's answer: give “answer” and no “label” instead`,
    );
  // The last step ends where its answer begins; a step that is nothing but the answer keeps its paragraph.
  const before = last.slice(0, boxedFrom(boxed.start));
  const steps = [...given.slice(0, -1), before].map((step) => PARAGRAPH + step);
  const generator = textField(record, ["generator"]);
  const id = textField(record, ["id"]) ?? place;
  return {
    name: generator ? `${id} (${generator})` : id,
    prompt,
    steps,
    answerPrefix: last.slice(boxedFrom(boxed.start), boxed.start),
    answer: last.slice(boxed.start, boxed.end),
    firstError,
    ...(isAnswerCorrect !== undefined && { isAnswerCorrect }),
  };
}
