/**
 * Contrast pairs of the generated language: a story up to a verb, of gain in one prompt and of loss in the other. Beside each
 * pair the whole story with the verb of loss, and its chain of thought up to where that change's sign is written: the right
 * next token there is "-", and would be "+" with the other verb.
 */
import { Random } from "../../random/random";
import { createLedgerProblem, LARGEST_TOTAL, LEDGER_WORDS, type LedgerStep } from "./ledger";

export interface LedgerContrast {
  readonly seed: number;
  /** Ends with the verb of gain, and of loss. */
  readonly positive: string;
  readonly negative: string;
  /** Ends where the sign of the loss is written. */
  readonly prompt: string;
}

/** Steps that would stay within the language's totals with either sign. */
const bothWays = ({ before, operand }: LedgerStep) =>
  before - operand >= 0 && before + operand <= LARGEST_TOTAL;

/** The pair of a seed; undefined where its problem has no step that could have either sign. */
function contrastOf(seed: number): LedgerContrast | undefined {
  const { steps, prompt, object } = createLedgerProblem(seed);
  const random = new Random(seed);
  const places = steps.flatMap((step, index) => (bothWays(step) ? [{ step, index }] : []));
  if (places.length === 0) return undefined;
  const { step, index } = random.pick(places);
  const [gain, loss] = [random.pick(LEDGER_WORDS.gains), random.pick(LEDGER_WORDS.losses)];
  const [tag = ""] = step.text.trim().split(" ");
  const who = `${tag} ${step.person}`;
  const sentence = new RegExp(`(^|.* )${who} \\w+( ${step.operand} ${object} \\..*)$`);
  const [, before = "", after = ""] = sentence.exec(prompt) ?? [];
  const done = steps.slice(0, index).map(({ text }) => text);
  return {
    seed,
    positive: `${before}${who} ${gain}`,
    negative: `${before}${who} ${loss}`,
    prompt: `${before}${who} ${loss}${after}${done.join("")} ${who} ${step.before}`,
  };
}

/** So many pairs, from the first seeds at and after `from` that give one. */
export function ledgerContrasts(from: number, count: number): LedgerContrast[] {
  const pairs: LedgerContrast[] = [];
  for (let seed = from; pairs.length < count; seed++) {
    const pair = contrastOf(seed);
    if (pair) pairs.push(pair);
  }
  return pairs;
}
