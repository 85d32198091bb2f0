/**
 * How many tokens all coalitions of a chain's players send through the model, before anything runs: for equal steps
 * P + (2^n - 1) s + 2^n A in delete and mask mode, where the absent step costs nothing, and P + 2 (2^n - 1) s + 2^n A
 * in replace, mean and symbol mode.
 *
 * Counted along the trie: branches that differ in steps alone are alike, so it is enough to know how many there are
 * for each set of samples that still share a text.
 */
import type { UnderEdits } from "../../../protocol/chain";
import { withTokenEdits } from "../../../protocol/tokenEdits";
import { AbsentSteps, PRESENT, type AbsentRequest } from "./stepAblation";
import { checkAblation } from "./chainChecks";

export function trieTokens(request: AbsentRequest & UnderEdits, players?: readonly number[]): number {
  const chain = withTokenEdits(request.chain, request.edits);
  checkAblation(chain, request);
  const isFrozen = request.edits?.some(({ kind, on }) => kind === "freeze" && on) === true;
  const absent = new AbsentSteps({ ...request, chain, ...(isFrozen && { unedited: request.chain }) });
  const everySample = Array.from({ length: absent.samples }, (_, sample) => sample);
  /** Samples that share a branch, joined → how many branches they share. */
  let branches = new Map([[everySample.join(), 1]]);
  let tokens = chain.prompt.length;
  for (const step of chain.steps.keys()) {
    const isPlayer = players?.includes(step) ?? true;
    const next = new Map<string, number>();
    for (const [key, count] of branches) {
      const samples = key.split(",").map(Number);
      const variants = samples.map((sample) => absent.variant(step, false, sample));
      for (const variant of isPlayer ? new Set([PRESENT, ...variants]) : [PRESENT]) {
        const own = variant === PRESENT ? samples : samples.filter((_, i) => variants[i] === variant);
        next.set(own.join(), (next.get(own.join()) ?? 0) + count);
        tokens += count * absent.text(step, variant, []).tokens.length;
      }
    }
    branches = next;
  }
  const answers = [...branches.values()].reduce((sum, count) => sum + count, 0);
  // Frozen sites need every row without edits, too.
  return (isFrozen ? 2 : 1) * (tokens + answers * (chain.answerPrefix.length + chain.answer.length - 1));
}
