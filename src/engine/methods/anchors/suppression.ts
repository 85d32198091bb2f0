/**
 * Attention suppression: what later steps predict when no head of any layer may look at the tokens of one step.
 *
 *   1. the chain is walked part by part: in one pass the part's tokens after the whole chain so far, and after it with
 *      each earlier step hidden; positions stay
 *      (edits act in all of these rows)
 *   2. at every token ln KL(base ‖ masked) of the two next-token distributions at the temperature, averaged over the part
 */
import { LEAST_KL, type SuppressionRequest, type SuppressionResult } from "../../../protocol/anchors";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { ChainEdits } from "../../interp/coalitions/chainEdits";
import { readCaptures } from "../../interp/pass/captures";
import { readForward, recordForward } from "../../interp/pass/forwardPass";
import { EMPTY_CONTEXT, hide, type RowContext, type Segment } from "../../interp/batch/rowContext";
import { checkIds } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { makeCache } from "../../models/sizes";

export async function stepSuppression(
  model: Model,
  { chain: given, temperature, edits: stack }: SuppressionRequest,
  pauser: Pauser,
): Promise<SuppressionResult> {
  const { config } = model;
  const edits = await ChainEdits.of(model, given, stack, pauser);
  const { chain } = edits ?? { chain: given };
  const n = chain.steps.length;
  const segment = (part: number, context: RowContext, tokens: readonly number[]): Segment =>
    edits?.segment(part, context, { tokens }) ?? { context, tokens };
  const parts = [...chain.steps, chain.answerPrefix];
  checkIds([chain.prompt, ...parts].flat(), config.dVocab);
  if (!(temperature > 0)) refuse(`temperature is ${temperature}; give a number above 0`);
  const capture = new Set([siteNamed(model, "logits")]);
  const logKl = new Float32Array(n * (n + 1)).fill(NaN);
  const asked = parts.reduce((sum, part, j) => sum + part.length * (j + 1), chain.prompt.length);
  const needed = asked * (edits?.passes ?? 1);
  const cache = makeCache(model, needed);
  try {
    const first = recordForward(model, cache, [segment(-1, EMPTY_CONTEXT, chain.prompt)], {});
    first.release();
    /** The whole chain so far, then the same without each of its steps. */
    let contexts: RowContext[] = [first.contexts[0] ?? EMPTY_CONTEXT];
    for (const [j, tokens] of parts.entries()) {
      await pauser.pause();
      if (tokens.length === 0) {
        contexts.push(contexts[0] ?? EMPTY_CONTEXT);
        continue;
      }
      const start = contexts[0]?.nextPosition ?? 0;
      const pass = recordForward(
        model,
        cache,
        contexts.map((context) => segment(j, context, tokens)),
        { capture },
      );
      const { captures } = await readForward(model, pass);
      const logits = pass.contexts.map(
        (context, row) =>
          readCaptures(config, captures, pass.packed, row, context)[0]?.data ?? new Float32Array(),
      );
      const [base = new Float32Array(), ...masked] = logits;
      masked.forEach((without, i) => {
        logKl[i * (n + 1) + j] = meanLogKl(base, without, tokens.length, temperature);
      });
      contexts = [...pass.contexts];
      const own = new Set(tokens.map((_, t) => start + t));
      contexts.push(hide(contexts[0] ?? EMPTY_CONTEXT, own));
    }
  } finally {
    cache.release();
  }
  return { n, logKl, evaluatedTokens: needed };
}

/** ln KL(base ‖ masked) of `count` rows of logits, averaged. */
function meanLogKl(base: Float32Array, masked: Float32Array, count: number, temperature: number): number {
  const width = base.length / count;
  let sum = 0;
  for (let t = 0; t < count; t++) {
    const row = (logits: Float32Array) => logits.subarray(t * width, (t + 1) * width);
    sum += Math.log(Math.max(LEAST_KL, klAt(row(base), row(masked), temperature)));
  }
  return sum / count;
}

/** KL(p ‖ q) of two rows of logits at a temperature, nats. */
export function klAt(p: Float32Array, q: Float32Array, temperature: number): number {
  const most = (row: Float32Array) => row.reduce((high, x) => Math.max(high, x), -Infinity);
  const [pMost, qMost] = [most(p), most(q)];
  let [pSum, qSum, gap] = [0, 0, 0];
  for (let i = 0; i < p.length; i++) {
    const [a, b] = [((p[i] ?? 0) - pMost) / temperature, ((q[i] ?? 0) - qMost) / temperature];
    const weight = Math.exp(a);
    pSum += weight;
    qSum += Math.exp(b);
    if (weight > 0) gap += weight * (a - b);
  }
  return gap / pSum - Math.log(pSum) + Math.log(qSum);
}
