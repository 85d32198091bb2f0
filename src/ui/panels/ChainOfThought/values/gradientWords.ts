/**
 * Gradients of log p(answer) summed by step, beside the steps' Shapley values: the same chain with all of its steps, the same
 * answer, the same edits. What is asked, and what is said of the answer.
 */
import type {
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../../../protocol/gradients/attributions";
import type { ChainTokens } from "../../../../protocol/chain";
import type { EditedPrompt } from "../../../../protocol/interventions";
import { positionBeforeAnswer, stepOfTokens } from "../../../../client/chain/tokenSteps";
import { formatNumber, formatSigned } from "../../../../client/format";
import { agreement } from "../../../../statistics/agreement";
import type { BarColumn } from "../../../charts/barColumns";

/** Parts of the path of integrated gradients; 16 miss most of the difference on the example that opens. */
const PATH_STEPS = 64;

/** log p of all of the answer's tokens, as the Shapley values are of; undefined without an answer. */
export function gradientRequest(
  prompt: EditedPrompt,
  chain: ChainTokens,
  bosId: number | undefined,
): TokenAttributionRequest | undefined {
  const first = positionBeforeAnswer(chain);
  if (first === undefined) return undefined;
  const hasBos = bosId !== undefined && prompt.tokens[0] === bosId;
  return {
    prompt,
    scalar: chain.answer.map((target, i) => ({ kind: "logProb", position: first + i, target })),
    ...{ baseline: { kind: "zero" }, steps: PATH_STEPS, rule: "midpoint" },
    ...(hasBos && { fixed: [0] }),
    stepOf: stepOfTokens(chain),
  };
}

const WAYS = [
  { key: "gradientInput", name: "gradient × input", at: "prompt", question: "the sum of its tokens' scores" },
  {
    ...({ key: "integrated", name: "integrated gradients", at: "path" } as const),
    question: "the same along the path from zero embeddings",
  },
] as const;

/** One column a method whose gradient is there, a number a step. */
export function gradientColumns({ steps, alarms }: TokenAttributionResult, n: number): BarColumn[] {
  if (!steps) return [];
  return WAYS.filter(({ at }) => !alarms.some((alarm) => alarm.at === at)).flatMap(
    ({ key, name, question }) => {
      const values = Array.from({ length: n }, (_, step) => steps[key][steps.step.indexOf(step)] ?? NaN);
      return values.some(Number.isFinite) ? [{ name, question, values }] : [];
    },
  );
}

/** What goes into captions. */
export function pathWords({ completenessError }: Pick<TokenAttributionResult, "completenessError">): string {
  return `gradients of log p(answer) with all steps, summed by step; integrated: zero embeddings, ${PATH_STEPS} steps, midpoint rule, completeness error ${formatSigned(completenessError, 3)}`;
}

/** Below this many pairs a correlation says little. */
const FEW = 8;

/** How far each is from the Shapley values; they are not there: how to get them. */
export function agreementSentences(
  columns: readonly BarColumn[],
  shapley: { readonly phi: readonly number[]; readonly isExact: boolean } | undefined,
): string[] {
  if (!shapley) return ["Press Shapley values to hold the gradients against them."];
  const against = `${shapley.isExact ? "exact" : "estimated"} Shapley values`;
  return columns.map(({ name, values }) => {
    const { n, spearman, pearson, relativeError } = agreement(values, shapley.phi);
    const few = n < FEW ? ", too few to rely on" : "";
    return `${name} against ${against}: Spearman’s ρ ${formatSigned(spearman, 2)}, Pearson’s r ${formatSigned(pearson, 2)}, relative error ${formatNumber(relativeError, 2)}, n = ${n} steps${few}.`;
  });
}

/** What is wrong with a gradient that is not shown. */
export function alarmSentence({ alarms }: Pick<TokenAttributionResult, "alarms">): string | undefined {
  const [alarm] = alarms;
  if (!alarm) return undefined;
  const what = alarm.kind === "allZero" ? "nothing but zeros" : "not finite";
  const where = alarms.length > 1 ? "here and on the path" : alarm.at === "path" ? "on the path" : "here";
  return `The gradient ${where} is ${what}, so it is not shown: this device may have lost it, or the model is so sure that nothing near by changes it. Choose the CPU as the device.`;
}
