/**
 * Our own layout, as the docs describe it: {prompt, steps?, answerPrefix?, answer, labels?, name?, follows?}. `problem` and
 * `chain` are other names of `prompt` and `steps`; steps are a list of texts, or one text that is cut into sentences.
 * Labels: the first wrong step as a number, a list with one entry a step, or {firstError, steps}.
 */
import { errorField, firstOf, stepLabel, textField, textsField } from "./fields";
import { refuse, type PlacedRecord, type Problem } from "./problem";

const PROMPT = ["prompt", "problem", "question"];
const STEPS = ["steps", "chain"];
const ANSWER = ["answer"];

/** Enough to tell a problem from a model's config, a recipe, a list of labels. */
export const isPlain = ({ record }: PlacedRecord) => {
  const prompt = firstOf(record, PROMPT);
  return prompt !== undefined && firstOf(record, ANSWER) !== undefined && typeof prompt[1] === "string";
};

const spaced = (text: string) => (text === "" || /^\s/.test(text) ? text : ` ${text}`);

export function plainProblem({ place, record }: PlacedRecord): Problem {
  const prompt = textField(record, PROMPT) ?? refuse("“prompt” is missing: give the problem's text");
  if (prompt.trim() === "") refuse("“prompt” is empty: give the problem's text");
  const answer = textField(record, ANSWER) ?? refuse("“answer” is missing: give the reference answer");
  const [field = "steps"] = firstOf(record, STEPS) ?? [];
  const listed = textsField(record, field);
  const chainText = listed ? undefined : textField(record, [field]);
  const steps = (listed ?? []).map(spaced);
  const answerPrefix = textField(record, ["answerPrefix", "answer_prefix"]);
  const follows = textField(record, ["follows"]);
  return {
    name: textField(record, ["name", "id"]) ?? place,
    prompt,
    steps,
    ...(chainText !== undefined && { chainText }),
    ...(answerPrefix !== undefined && { answerPrefix: spaced(answerPrefix) }),
    // Behind an opening bracket the answer follows at once.
    answer: /[{(["'$]$/.test(answerPrefix ?? "") ? answer : spaced(answer.trim()),
    ...(follows !== undefined && { follows: spaced(follows.trim()) }),
    ...labelsOf(record, steps.length),
  };
}

function labelsOf(record: PlacedRecord["record"], steps: number): Partial<Problem> {
  const [name, given] = firstOf(record, ["labels", "label"]) ?? [];
  if (name === undefined) return {};
  const value = typeof given === "string" ? parsed(given) : given;
  if (typeof value === "number" || typeof value === "string")
    return { firstError: errorField(value, name, steps) };
  if (Array.isArray(value)) return { labels: perStep(value, name, steps) };
  if (typeof value !== "object" || value === null)
    return refuse(`“${name}” has to be a number, a list with one entry a step, or {"firstError": 2}`);
  const { firstError, steps: own, importance } = value as Record<string, unknown>;
  return {
    ...(firstError !== undefined && { firstError: errorField(firstError, `${name}.firstError`, steps) }),
    ...(Array.isArray(own) && { labels: perStep(own, `${name}.steps`, steps) }),
    ...(typeof importance === "string" && { importanceName: importance }),
  };
}

/** A cell of a CSV may hold JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function perStep(list: readonly unknown[], name: string, steps: number) {
  if (steps > 0 && list.length !== steps)
    refuse(`“${name}” has ${list.length} entries for ${steps} steps: give one a step, null for none`);
  return list.map((one, i) => stepLabel(one, `“${name}[${i}]”`));
}
