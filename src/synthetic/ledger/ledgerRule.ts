/**
 * What follows from a chain of the `ledger` language, by rule: the answer that its steps lead to as they stand, and the
 * answer after a number was changed and everything behind it is worked out again.
 */
import { LARGEST_TOTAL, ledgerAnswer, type LedgerKind } from "./ledger";
import type { NumberPlace } from "./numberEdits";

export interface LedgerQuestion {
  readonly kind: LedgerKind;
  readonly asked: readonly string[];
}

interface ReadStep {
  readonly person: string;
  readonly isLast: boolean;
  readonly before: number;
  readonly operation: string;
  readonly operand: number;
  readonly after: number;
}

function readStep(text: string): ReadStep | undefined {
  const found = /^\s*(\w+) (\w+) (\d+) ([+-]) (\d+) = (\d+)(?: \w+)? \.\s*$/.exec(text);
  if (!found) return undefined;
  const [, tag, person = "", before, operation = "+", operand, after] = found;
  return {
    ...{ person, operation, isLast: tag === "last" },
    ...{ before: Number(before), operand: Number(operand), after: Number(after) },
  };
}

/** With its leading space, as in a chain. */
function answerOf({ kind, asked }: LedgerQuestion, totals: ReadonlyMap<string, number>): string | undefined {
  const known = asked.flatMap((name) => totals.get(name) ?? []);
  if (known.length < asked.length) return undefined;
  const answer = ledgerAnswer(kind, asked, known);
  return answer === undefined ? undefined : ` ${answer}`;
}

/** The answer that the steps lead to as they stand: from the last result of each person asked about. */
export function ledgerChainAnswer(question: LedgerQuestion, steps: readonly string[]): string | undefined {
  const totals = new Map<string, number>();
  for (const text of steps) {
    const step = readStep(text);
    if (step?.isLast) totals.set(step.person, step.after);
  }
  return answerOf(question, totals);
}

/**
 * The answer after the number at `place` became `value` and the rest of the chain was worked out again: the edited
 * step's own result, unless that is what was edited, and every later step of the same person. Undefined where a total
 * leaves the language's range, or people are tied.
 */
export function ledgerRewrittenAnswer(
  question: LedgerQuestion,
  steps: readonly string[],
  place: Pick<NumberPlace, "step" | "nth">,
  value: number,
): string | undefined {
  const totals = new Map<string, number>();
  let edited: string | undefined;
  let running = 0;
  for (const [i, text] of steps.entries()) {
    const step = readStep(text);
    if (!step) return undefined;
    let { before, operand, after } = step;
    const isIt = i === place.step;
    if (isIt || step.person === edited) {
      if (!isIt) before = running;
      if (isIt && place.nth === 0) before = value;
      if (isIt && place.nth === 1) operand = value;
      after = step.operation === "+" ? before + operand : before - operand;
      if (isIt && place.nth === 2) after = value;
      edited = step.person;
      running = after;
    }
    if (after < 0 || after > LARGEST_TOTAL) return undefined;
    if (step.isLast) totals.set(step.person, after);
  }
  return answerOf(question, totals);
}

/** The place where the chain copies the number at `place`: the person's next step begins with this one's result. */
export function ledgerCopy(
  steps: readonly string[],
  place: Pick<NumberPlace, "step" | "nth">,
): Pick<NumberPlace, "step" | "nth"> | undefined {
  const person = readStep(steps[place.step] ?? "")?.person;
  const next = steps.findIndex((text, i) => i > place.step && readStep(text)?.person === person);
  return place.nth === 2 && next >= 0 && person !== undefined ? { step: next, nth: 0 } : undefined;
}

/** The question that the words before the answer repeat: " Answer Ann + Eve :". */
export function ledgerQuestion(answerPrefix: string): LedgerQuestion | undefined {
  const found = /^\s*Answer (\w+)(?: (\+|-|or) (\w+))? :\s*$/.exec(answerPrefix);
  if (!found) return undefined;
  const [, first = "", joint = "", second] = found;
  const kind = ({ "+": "total", "-": "difference", or: "more" } as const)[joint] ?? "count";
  return { kind, asked: second === undefined ? [first] : [first, second] };
}
