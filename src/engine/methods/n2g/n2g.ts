/**
 * N2G: one latent explained by patterns of tokens, and how far the explanation goes (Foote et al. 2023, "Neuron to
 * Graph", arXiv 2305.19911, as simplified by Gao et al. 2024, "Scaling and evaluating sparse autoencoders", arXiv
 * 2406.04093).
 *
 *   1. each example comes down to a pattern: a shortest suffix, wildcards, whether it must stand at the start (n2g/patterns)
 *   2. patterns make a trie over reversed tokens (n2g/trie)
 *   3. on held-out contexts it predicts a value for every token; counted against the real ones above 0, and at half of the
 *      largest activation among the examples
 *   4. the predictions take the latent's place in the model: the change of loss against the real values, zeros and a
 *      bigram table (n2g/simulate)
 *
 * Gaps of varying length between tokens are beyond it: every length is a pattern of its own.
 */
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type {
  N2gRequest,
  N2gResult,
  SimulateRequest,
  SimulateResult,
} from "../../../protocol/sae/saeEvaluation";
import { latentValues } from "../../interp/sae/latentReads";
import { latentOnTexts, lossWithValues } from "./latentSplice";
import { textActivations } from "../../interp/activations/textActivations";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { detection } from "./detection";
import { findPatterns, type Activations, type LastValues } from "./patterns";
import { bigramTable, simulatedLoss } from "./simulate";
import { buildTrie, predict } from "./trie";

/** Everything but the model: `activations` gives the latent's value at every token of some contexts. */
export async function n2gFrom(
  { examples, heldOut }: Pick<N2gRequest, "examples" | "heldOut">,
  padToken: number,
  activations: Activations,
  lastValues: LastValues = async (rows) => (await activations(rows)).map((values) => values.at(-1) ?? 0),
  longest = Infinity,
): Promise<N2gResult> {
  const { patterns, skipped, max } = await findPatterns(examples, padToken, lastValues, longest);
  const root = buildTrie(patterns);
  const values = heldOut.length > 0 ? await activations(heldOut) : [];
  const predictions = heldOut.map((tokens) => predict(root, tokens));
  const halfMax = max / 2;
  return {
    padToken,
    root,
    patterns,
    skipped,
    positive: detection(values, predictions, (value) => value > 0),
    strong: detection(values, predictions, (value) => value > 0 && value >= halfMax),
    halfMax,
    tokens: heldOut.reduce((sum, { length }) => sum + length, 0),
    heldOut: values.map((row, i) => ({
      values: row,
      predictions: predictions[i] ?? new Float32Array(row.length),
    })),
  };
}

export async function n2g(
  model: Model,
  sae: Sae,
  { latent, examples, heldOut, before, padToken }: N2gRequest & { readonly padToken: number },
  pauser: Pauser = NEVER_CANCELLED,
): Promise<N2gResult> {
  checkLatent(sae, latent);
  for (const [index, { tokens, at }] of examples.entries()) {
    if (Number.isInteger(at) && at >= 0 && at < tokens.length) continue;
    throw new VitrineError(
      "Unsupported",
      `Example ${index} names position ${at}; it has positions 0 to ${tokens.length - 1}.`,
    );
  }
  const read = (contexts: readonly (readonly number[])[]) =>
    textActivations(model, [sae.siteIn], contexts, before, pauser);
  const valuesOf = (x: Float32Array<ArrayBuffer>) => latentValues(model, sae, x, latent);
  const activations: Activations = async (contexts) => {
    const found: Float32Array[] = [];
    for await (const { lengths, data } of read(contexts)) {
      const values = await valuesOf(data[0] ?? new Float32Array(0));
      let at = 0;
      for (const length of lengths) {
        found.push(values.slice(at, at + length));
        at += length;
      }
    }
    return found;
  };
  // Encoding is most of the work, and one token of each row is enough.
  const lastValues: LastValues = async (contexts) => {
    const found: number[] = [];
    for await (const { lengths, data } of read(contexts)) {
      found.push(...(await valuesOf(lastRows(data[0] ?? new Float32Array(0), lengths))));
    }
    return found;
  };
  const longest = model.config.nCtx - before.length;
  return n2gFrom({ examples, heldOut }, padToken, activations, lastValues, longest);
}

/** The last row of each text: x [tokens, width], text after text. */
function lastRows(x: Float32Array, lengths: readonly number[]): Float32Array<ArrayBuffer> {
  const width = x.length / lengths.reduce((sum, length) => sum + length, 0);
  const rows = new Float32Array(lengths.length * width);
  let end = 0;
  for (const [row, length] of lengths.entries()) {
    end += length;
    rows.set(x.subarray((end - 1) * width, end * width), row * width);
  }
  return rows;
}

export async function simulateLatent(
  model: Model,
  sae: Sae,
  { latent, root, training, heldOut, before }: SimulateRequest,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<SimulateResult> {
  checkLatent(sae, latent);
  const on = (texts: SimulateRequest["heldOut"]) =>
    latentOnTexts(model, sae, latent, { texts, before }, (x) => latentValues(model, sae, x, latent), pauser);
  const learned = bigramTable(training, (await on(training)).values);
  const own = await on(heldOut);
  return simulatedLoss(
    own.values,
    { simulated: heldOut.map((tokens) => predict(root, tokens)), bigram: heldOut.map(learned) },
    (values) => lossWithValues(model, sae, { texts: heldOut, before }, own, values, pauser),
  );
}

function checkLatent({ description: { nLatents, name } }: Sae, latent: number): void {
  if (Number.isInteger(latent) && latent >= 0 && latent < nLatents) return;
  throw new VitrineError(
    "Unsupported",
    `${name} has latents 0 to ${nLatents - 1}; ${latent} is none of them.`,
  );
}
