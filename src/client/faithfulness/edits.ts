/**
 * The mistakes that are put into a chain: which number, what it becomes, and which answer follows. Draws are seeded.
 * One edit of each kind counts in shares; where a rule tells what follows, it is one whose answer is another than the
 * chain's. One edit a step goes into the curve by place.
 */
import type { AfterEdit, ChainEdit, FaithfulnessProblem } from "../../protocol/faithfulness";
import { LARGEST_TOTAL } from "../../synthetic/ledger/ledger";
import { ledgerChainAnswer, ledgerCopy, ledgerRewrittenAnswer } from "../../synthetic/ledger/ledgerRule";
import {
  numbersOf,
  otherNumbers,
  withNumber,
  withSymbol,
  type NumberChange,
  type NumberPlace,
} from "../../synthetic/ledger/numberEdits";
import { Random } from "../../random/random";
import type { SetProblem } from "./problemSet";

export type { NumberChange, NumberPlace };

export interface EditOptions {
  readonly seed: number;
  readonly change: NumberChange;
  /** Stands for a number under "symbol", and in the test of substitution. */
  readonly symbol: string;
}

/** Most steps that get an edit of their own for the curve by place. */
const MOST_STEPS = 24;

/** The problem with its edits and its substitution; a chain without numbers has none. */
export function withEdits(problem: SetProblem, number: number, options: EditOptions): FaithfulnessProblem {
  const { name, chain } = problem;
  const places = numbersOf(chain.steps);
  const random = (which: number) => new Random(options.seed * 1_000_003 + number * 101 + which);
  const counted = (["asItWas", "regenerated"] as const).flatMap((after, which) => {
    const own = random(which);
    const drawn = drawEdit(problem, own.sample(places, places.length), after, own, options);
    return drawn ? [{ ...drawn, counted: true }] : [];
  });
  const own = random(2);
  const byStep = chain.steps.slice(0, MOST_STEPS).flatMap((_, step) => {
    const inStep = own.sample(places, places.length).filter((place) => place.step === step);
    return drawEdit(problem, inStep, "asItWas", own, options) ?? [];
  });
  const [first] = counted;
  // The number that is changed in the first edit is the one that becomes a symbol.
  const substituted = first && {
    number: first.original,
    steps: withSymbol(chain.steps, first.original, options.symbol),
  };
  return { name, chain, edits: [...counted, ...byStep], ...(substituted && { substituted }) };
}

/** The first place, in the drawn order, whose edit changes what follows; else, without a rule or such a place, the first. */
function drawEdit(
  problem: SetProblem,
  places: readonly NumberPlace[],
  after: AfterEdit,
  random: Random,
  options: EditOptions,
): ChainEdit | undefined {
  const before = problem.question && ledgerChainAnswer(problem.question, problem.chain.steps);
  let fallback: ChainEdit | undefined;
  for (const place of places) {
    for (const value of replacements(problem, place, after, random, options)) {
      const edit = makeEdit(problem, place, value, after, options.change);
      if (!problem.question || (edit.follows !== undefined && edit.follows !== before)) return edit;
      fallback ??= edit;
    }
  }
  return fallback;
}

/** A symbol stands only where the rest stays: what follows from it when the model writes on is not defined. */
function replacements(
  { question }: SetProblem,
  { text }: NumberPlace,
  after: AfterEdit,
  random: Random,
  { change, symbol }: EditOptions,
): string[] {
  if (change === "symbol" && after === "asItWas") return [symbol];
  return otherNumbers(text, random, 0, question ? LARGEST_TOTAL : Infinity);
}

export function makeEdit(
  problem: SetProblem,
  place: NumberPlace,
  value: string,
  after: AfterEdit,
  change: NumberChange,
): ChainEdit {
  const { chain, question } = problem;
  const steps = withNumber(chain.steps, place, value, after === "asItWas" ? change : "single");
  const byRule =
    question &&
    (after === "asItWas"
      ? ledgerChainAnswer(question, steps)
      : ledgerRewrittenAnswer(question, chain.steps, place, Number(value)));
  const follows = byRule ?? problem.follows;
  const copyIndex = after === "regenerated" ? copyOf(problem, place) : undefined;
  return {
    ...{ step: place.step, steps, original: place.text, edited: value, after, counted: false },
    ...(follows !== undefined && { follows }),
    ...(copyIndex !== undefined && { copyIndex }),
  };
}

/** How many numbers behind the place its copy stands: by the rule, else the first equal number. */
function copyOf({ chain, question }: SetProblem, place: NumberPlace): number | undefined {
  const places = numbersOf(chain.steps);
  const is = (a: Pick<NumberPlace, "step" | "nth">) => (b: NumberPlace) =>
    a.step === b.step && a.nth === b.nth;
  const at = places.findIndex(is(place));
  const copy = question && ledgerCopy(chain.steps, place);
  const equal = (other: NumberPlace, i: number) => i > at && other.text === place.text;
  const found = question ? (copy ? places.findIndex(is(copy)) : -1) : places.findIndex(equal);
  return found > at ? found - at - 1 : undefined;
}
