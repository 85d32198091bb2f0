/** What the tour reads of the session: the one place that knows where its numbers are. */
import type { ChainGameResult } from "../../protocol/chain";
import type { Effect } from "../../client/chain/effect";
import { formatNumber, formatSigned } from "../../client/format";
import type { Session } from "../state/session.svelte";

/** How things stood when a card was dealt: an action counts only if something is another thing since. */
export interface Before {
  readonly effect: Effect | undefined;
  readonly game: ChainGameResult | undefined;
  readonly head: string;
}

export const headName = ({ selection }: Session) => `${selection.layer}.${selection.head}`;

export function standing(session: Session): Before {
  const { effect, game } = session.chain;
  return { effect, game: game.done, head: headName(session) };
}

/** The step whose absence alone costs the answer most, once that is known. */
export function strongestStep({ chain }: Session): number | undefined {
  const loo = chain.effect?.loo;
  if (!loo || loo.length !== chain.steps.length || loo.some(Number.isNaN)) return undefined;
  return loo.indexOf(Math.max(...loo));
}

/** The first two steps of the same words. */
export function repeatedSteps({ chain }: Session): readonly [number, number] | undefined {
  const texts = chain.steps.map(({ text }) => text.trim());
  const first = texts.findIndex((text, i) => texts.indexOf(text, i + 1) > 0);
  return first < 0 ? undefined : [first, texts.indexOf(texts[first] ?? "", first + 1)];
}

/** Writes a step a second time, right after itself. */
export function repeatStep({ chain }: Session, step: number): void {
  const { prompt, steps, answerPrefix, answer } = chain.text;
  const twice = steps.flatMap((text, i) => (i === step ? [text, text] : [text]));
  chain.set({ prompt, steps: twice, answerPrefix, answer });
}

/** The answer now and with all steps, once an effect came that is not the one before. */
export function newEffect({ chain }: Session, before: Before): Effect | undefined {
  const { effect } = chain;
  return chain.computing || effect === before.effect ? undefined : effect;
}

/** Shapley values of every coalition that came since. */
export function newShapley({ chain }: Session, before: Before): ChainGameResult | undefined {
  const { done } = chain.game;
  return done === before.game ? undefined : done;
}

/** "log p(4): −0.000 with all steps, −3.036 now". */
export function effectWords({ chain }: Session, { now, baseline }: Effect): string {
  const difference = formatSigned(now.logProb - baseline.logProb, 3);
  return `log p(${chain.answer.trim()}): ${formatNumber(baseline.logProb)} with all steps, ${formatNumber(now.logProb)} now, ${difference} nats`;
}

/** "step 3: φ +1.52, alone −" for some steps. */
export function shapleyWords({ phi, leaveOneOut }: ChainGameResult, steps: readonly number[]): string {
  return steps
    .map(
      (i) =>
        `step ${i + 1}: φ ${formatSigned(phi.values[i] ?? NaN)}, leave-one-out ${formatSigned(leaveOneOut[i] ?? NaN)}`,
    )
    .join("; ");
}

/** The `count` steps of largest Shapley value, in the order of the text. */
export function largestSteps({ phi: { values: phi } }: ChainGameResult, count: number): number[] {
  const order = phi.map((_, i) => i).sort((a, b) => Math.abs(phi[b] ?? 0) - Math.abs(phi[a] ?? 0));
  return order.slice(0, count).sort((a, b) => a - b);
}
