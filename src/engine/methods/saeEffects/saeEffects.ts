/**
 * Which latents matter to a token's logit, by their direct way there and by taking each of them out (attribution and
 * ablation of latents: Marks et al. 2024, "Sparse Feature Circuits", arXiv 2403.19647; direct effects as in direct logit
 * attribution).
 *
 *   1. run the prompt with its edits; codes of the asked positions, up to the one where the target is read
 *   2. candidates: the latents whose largest value over these positions is largest
 *   3. direct effect of a candidate that is active at the read position: value · decoder row · e there, with e the
 *      target's unembedding (less the other's) moved through the final norm at its scale of this run, and from attn.z or
 *      mlp.post through the layer's output matrix
 *   4. ablation: one run each with value · decoder row taken off at every position where the candidate is active, error
 *      term kept, batched as rows that share with the run as it is what comes before its first change. Logit as it is
 *      minus ablated
 *
 * The direct effect leaves out everything between the site and the final norm, and that the norm's scale would change; the
 * ablation has all of it. Where a soft cap follows, the direct effect is on the logit before it.
 */
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { LatentEffect, LatentEffectsRequest } from "../../../protocol/sae/features";
import { resolveEdits } from "../../interp/interventions/index";
import { ablate } from "../../interp/sae/ablateLatents";
import { readActive } from "../../interp/sae/activeLatents";
import { decoderRows } from "../../interp/sae/latentReads";
import { directWay } from "../../interp/weights/directWay";
import { checkPositions, checkTargets, isBelow } from "../../models/checks";
import { saeOf, type Model } from "../../models/model";

/** Most active first. */
export async function latentEffects(
  model: Model,
  request: LatentEffectsRequest,
  pauser: Pauser,
): Promise<LatentEffect[]> {
  const sae = saeOf(model, request.sae);
  check(model, request);
  const { readAt, most } = request;
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const positions = [...new Set(request.positions)].filter((position) => position <= readAt);
  const { candidates, scale } = await readActive(model, sae, prompt, positions, readAt);
  const chosen = candidates.sort((a, b) => b.value - a.value || a.latent - b.latent).slice(0, most);
  if (chosen.length === 0) return [];
  const direction = await directWay(model, sae.siteOut, request, scale);
  const rows = await decoderRows(
    model,
    sae,
    Uint32Array.from(chosen, ({ latent }) => latent),
  );
  const width = rows.length / chosen.length;
  const rowOf = (n: number) => rows.subarray(n * width, (n + 1) * width);
  const ablations = await ablate(model, sae, prompt, request, chosen, rowOf, pauser);
  return chosen.map(({ latent, value, position, atRead }, n) => ({
    ...{ latent, value, position },
    direct:
      atRead === undefined || direction === undefined
        ? NaN
        : atRead * rowOf(n).reduce((sum, weight, i) => sum + weight * (direction[i] ?? 0), 0),
    ablation: ablations[n] ?? NaN,
  }));
}

function check({ config }: Model, { prompt, positions, readAt, target, minus, most }: LatentEffectsRequest) {
  checkPositions([...positions, readAt], prompt.tokens.length);
  checkTargets([target, minus ?? target], config);
  if (!isBelow(most - 1, Infinity)) refuse(`${most} latents were asked; ask for at least one.`);
}
