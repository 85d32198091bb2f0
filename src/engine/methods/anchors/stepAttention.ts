/** Attention from step to step of every head: a head's pattern, averaged over the tokens of both steps. */
import type { StepAttentionRequest, StepAttentionResult } from "../../../protocol/anchors";
import type { Pauser } from "../../../protocol/cancel";
import { wholeText } from "../../interp/coalitions/chainEdits";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { siteNamed, type Model } from "../../models/model";

export async function stepAttention(
  model: Model,
  { chain, edits = [] }: StepAttentionRequest,
  pauser: Pauser,
): Promise<StepAttentionResult> {
  const { nLayers, nHeads } = model.config;
  const whole = await resolveEdits(model, { tokens: wholeText(chain), edits }, pauser);
  // Nothing behind the last step is looked at.
  const tokens = whole.tokens.slice(0, [chain.prompt, ...chain.steps].flat().length);
  const row = { tokens, interventions: whole.interventions };
  const n = chain.steps.length;
  let at = chain.prompt.length;
  const spans = chain.steps.map(({ length }) => ({ from: at, to: (at += length) }));
  const attention = new Float32Array(nLayers * nHeads * n * n);
  // A layer at a time: patterns of all of them would be large.
  for (let layer = 0; layer < nLayers; layer++) {
    await pauser.pause();
    const site = siteNamed(model, `blocks.${layer}.attn.pattern`);
    const { captures } = await run(model, { rows: [row], capture: [site] });
    const data = captures[0]?.data ?? new Float32Array();
    for (let head = 0; head < nHeads; head++) {
      const pattern = data.subarray(head * tokens.length ** 2, (head + 1) * tokens.length ** 2);
      for (const [i, query] of spans.entries()) {
        for (const [j, key] of spans.slice(0, i + 1).entries()) {
          let sum = 0;
          for (let q = query.from; q < query.to; q++)
            for (let k = key.from; k < key.to; k++) sum += pattern[q * tokens.length + k] ?? 0;
          const cells = (query.to - query.from) * (key.to - key.from);
          attention[((layer * nHeads + head) * n + i) * n + j] = cells > 0 ? sum / cells : 0;
        }
      }
    }
  }
  return { n, nLayers, nHeads, attention };
}
