/**
 * The logit lens: what the model would say if it stopped after each sublayer (nostalgebraist 2020, "interpreting GPT:
 * the logit lens", lesswrong.com/posts/AcKRB8wDpdaN6v6ru).
 *
 *   1. run the prompt once, with its edits, and keep the residual stream: as it enters the first block, between
 *      attention and MLP where the architecture has such a place, and as it leaves each block
 *   2. pass each of them, at the asked positions, through the model's own final norm and unembedding
 *   3. of each row of logits read the k most probable tokens, the entropy, and log p and rank of the asked tokens
 *
 * Through a Jacobian lens (methods/jacobianLens) step 2 reads J_l x_l in place of x_l, at the sites that have a matrix: what leaves
 * a block before the last. For the last J is the identity.
 *
 * Logits stay on the device, one site and at most one buffer of them at a time. The last site is the model's own
 * output, edits of its final norm and of its logits included; earlier sites pass the final norm as it is.
 */
import type { LensRequest, LensResult, Prediction } from "../../../protocol/analysis";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { blockSite, siteLayer, siteName, type Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import { resolveEdits } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import type { LensMatrices } from "../../interp/activations/lensMatrices";
import { readBack } from "../../interp/pass/readBack";
import { checkK, checkPositions, checkTargets } from "../../models/checks";
import { sitesOf, type Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { MAX_TOP_K, tokenStats, topTokens } from "../../ops/score";

export async function logitLens(
  model: Model,
  request: LensRequest,
  pauser: Pauser,
  lens?: LensMatrices,
): Promise<LensResult> {
  const { positions } = request;
  checkAsked(model, request);
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const sites = lens ? sitesOfLens(model, lens) : lensSites(model);
  const pass = ActivationCache.ofPrompt(model, prompt, positions, sites);
  try {
    const cells: Prediction[][] = [];
    for (const [index, site] of sites.entries()) {
      const row: Prediction[] = [];
      for (const chunk of pass.chunks(positions)) {
        await pauser.pause();
        const isLast = index === sites.length - 1;
        const J = isLast ? undefined : lens?.matrix(siteLayer(site) ?? 0);
        const read = (): Tensor => (isLast ? pass.logits(chunk) : pass.logits(chunk, site, J));
        row.push(...(await predictions(model, chunk, read, request)));
      }
      cells.push(row);
    }
    return { sites, positions, cells };
  } finally {
    pass.release();
  }
}

/** The residual stream in the order of the forward pass; entering a block is leaving the one before. */
function lensSites(model: Model): Site[] {
  return sitesOf(model).filter((site) => {
    const name = siteName(site);
    return name === "resid_mid" || name === "resid_post" || site === "blocks.0.resid_pre";
  });
}

/** Those with a matrix, and the model's own output. */
function sitesOfLens({ config: { nLayers } }: Model, { layers }: LensMatrices): Site[] {
  const before = layers.filter((layer) => layer < nLayers - 1);
  return [...before, nLayers - 1].map((layer) => blockSite(layer, "resid_post"));
}

/** At some positions, from a row of logits for each. */
async function predictions(
  { config, memory }: Model,
  positions: readonly number[],
  read: () => Tensor,
  { k: asked, targets }: LensRequest,
): Promise<Prediction[]> {
  const k = Math.min(asked, MAX_TOP_K, vocabOut(config));
  // The entropy comes with a target; if nobody asks for one, any will do.
  const followed = targets.length > 0 ? targets : [0];
  const found = await readBack(memory, (back) => {
    const asks = Uint32Array.from(positions.flatMap((_, row) => followed.flatMap((target) => [row, target])));
    const pairs = memory.from(asks, [asks.length / 2, 2], "asks");
    const logits = read();
    const top = topTokens(memory, logits, k);
    return {
      ids: back.tensor(top.ids),
      logProbs: back.tensor(top.logProbs),
      stats: back.tensor(tokenStats(memory, logits, pairs)),
    };
  });
  const ids = new Uint32Array(found.ids().buffer);
  const logProbs = found.logProbs();
  const stats = found.stats();
  return positions.map((_, row) => {
    const of = (n: number) => stats.subarray(3 * (row * followed.length + n));
    return {
      top: { ids: ids.slice(row * k, (row + 1) * k), logProbs: logProbs.slice(row * k, (row + 1) * k) },
      entropy: of(0)[2] ?? NaN,
      targets: targets.map((_target, n) => ({ logProb: of(n)[0] ?? NaN, rank: of(n)[1] ?? NaN })),
    };
  });
}

function checkAsked({ config }: Model, { prompt, positions, targets, k }: LensRequest): void {
  if (positions.length === 0) refuse("No position was asked; name at least one.");
  checkPositions(positions, prompt.tokens.length);
  checkTargets(targets, config);
  checkK(k);
}
