/**
 * What is wrong with a model that reads plain English badly, if anything is. A good model of something else does so, too,
 * so the loss alone says nothing; these do:
 *
 *   1. its own greedy text. If even that is hardly above even guessing (0.95 of log vocabulary), it expects nothing in
 *      particular: weights that were never trained
 *   2. order: mean log p(the token that follows) less the same with the following tokens shifted along the text by every
 *      number of places, in standard deviations of those shifts. One pass gives all pairs. Below 3 on every text,
 *      what it expects has nothing to do with what follows: weights, config and tokenizer do not belong together
 *   3. its parts: the same texts with all attention, or all MLPs, at zero. If the model reads better without (by 5 % of even
 *      guessing and 3 standard errors over the tokens), those weights do harm: damaged, transposed, or in another order
 *   4. none of these: it works, and was trained on something else
 *
 * Measured on stories260K (vocabulary 512; loss as a share of even guessing, order): as it is 0.03 and 15 on a story, 0.43
 * and 13 on an encyclopedia, 0.66 and 13 on a sonnet, 1.05 and 6 on Hungarian; weights shuffled 2.3 to 2.6 and below 1;
 * gate and down projections read transposed 1.4 to 1.8 and below 2; layers in reverse 1.3 and below 2; keys for values 2.3 and
 * 0.3; another tokenizer 2.6 and below 1. Query and output projections transposed: 0.8 and 8, 1.3 nats better without
 * attention (4 standard errors). A copy with shuffled weights as the yardstick was tried and left out: broken models beat
 * theirs (1.4 against 2.3 of even guessing), and the shifts need no copy. Confidence in its own text is no sign of
 * health: broken models are as sure of themselves (0.01 to 0.16). Slight damage (two layers swapped: 0.5) is not seen.
 */
import type { Pauser } from "../../protocol/cancel";
import type { Intervention } from "../../protocol/interventions";
import { meanError } from "../../statistics/meanError";
import { run } from "../interp/pass/runRows";
import { generate } from "../methods/generate/generate";
import { sitesOf, type Model } from "../models/model";
import { vocabOut } from "../models/sizes";
import type { SampleTokens } from "./healthCheck";

/** Share of even guessing that own text reaches where nothing was learned. */
const FLAT = 0.95;
/** Standard deviations, or errors, above which a number is not chance. */
const CLEAR = 3;
/** Share of even guessing that taking a part away has to give. */
const HARM = 0.05;
const OWN_TOKENS = 32;
/** Texts of fewer tokens have too few shifts to tell chance by. */
const FEWEST = 12;

type Tokens = readonly number[];

/** What is wrong, in a sentence; undefined if nothing is found. `rows` begin as the model expects a text to begin. */
export async function lookCloser(
  model: Model,
  { isEnglish, rows }: SampleTokens,
  pauser: Pauser,
): Promise<string | undefined> {
  const even = Math.log(vocabOut(model.config));
  const texts = rows.filter(({ length }) => length >= FEWEST);
  if (!isEnglish || texts.length === 0) return undefined;

  const own = await ownTextLoss(model, texts[0]?.[0] ?? 0, pauser);
  if (own >= FLAT * even)
    return `It loads cleanly, but its output looks like noise: its own greedy text has ${nats(own)} a token, where even guessing gives ${nats(even)}. Was it trained?`;

  const read = await logProbs(model, texts, pauser);
  const loss = -Math.max(...read.map(mean));
  const measured = `${nats(loss)} a token, where even guessing gives ${nats(even)} and its own greedy text has ${nats(own)}`;
  const orders: number[] = [];
  for (const tokens of texts) orders.push(await orderOf(model, tokens, pauser));
  if (Math.max(...orders) < CLEAR)
    return `It loads cleanly, but what it expects in plain English has nothing to do with what follows: ${measured}. Do weights, config and tokenizer belong together? Only a model that never read Latin letters would look the same.`;

  for (const [name, part] of PARTS) {
    const without = await logProbs(model, texts, pauser, takenAway(model, part));
    const gains = without.flatMap((list, text) => list.map((value, i) => value - (read[text]?.[i] ?? NaN)));
    const gain = mean(gains);
    if (gain > HARM * even && gain > CLEAR * meanError(gains))
      return `It loads cleanly, but reads plain English better without its ${name}, by ${nats(gain)} a token (${measured}). Those weights may be damaged, transposed or in another order.`;
  }
  return undefined;
}

const PARTS = [
  ["attention", "attn_out"],
  ["MLPs", "mlp_out"],
] as const;

const nats = (value: number) => `${value.toFixed(2)} nats`;
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Mean −log p of what the model writes after a text's first token, nats. */
async function ownTextLoss(model: Model, first: number, pauser: Pauser): Promise<number> {
  const greedy = { temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
  const { tokens } = await generate(model, { ...greedy, tokens: [first], maxTokens: OWN_TOKENS }, pauser);
  const text = [first, ...tokens].slice(0, model.config.nCtx);
  return -mean((await logProbs(model, [text], pauser)).flat());
}

/** log p of each text's tokens but the first. */
async function logProbs(
  model: Model,
  texts: readonly Tokens[],
  pauser: Pauser,
  interventions: readonly Intervention[] = [],
): Promise<number[][]> {
  await pauser.pause();
  const score = texts.flatMap((tokens, row) =>
    tokens.slice(1).map((target, position) => ({ row, position, target })),
  );
  const { scores } = await run(model, { rows: texts.map((tokens) => ({ tokens, interventions })), score });
  return texts.map((_, row) => [...scores].filter((_value, i) => score[i]?.row === row));
}

/** How far the true order of a text stands out of its shifts, in their standard deviations; 0 where all are alike. */
async function orderOf(model: Model, tokens: Tokens, pauser: Pauser): Promise<number> {
  await pauser.pause();
  const n = tokens.length - 1;
  const score = Array.from({ length: n * n }, (_, i) => ({
    ...{ row: 0, position: Math.floor(i / n) },
    target: tokens[(i % n) + 1] ?? 0,
  }));
  const { scores } = await run(model, { rows: [{ tokens }], score });
  const [asItIs = NaN, ...shifted] = Array.from({ length: n }, (_, shift) =>
    mean(Array.from({ length: n }, (_row, i) => scores[i * n + ((i + shift) % n)] ?? NaN)),
  );
  const deviation = meanError(shifted) * Math.sqrt(shifted.length);
  return deviation > 0 ? (asItIs - mean(shifted)) / deviation : 0;
}

function takenAway(model: Model, part: "attn_out" | "mlp_out"): Intervention[] {
  return sitesOf(model)
    .filter((site) => site.endsWith(`.${part}`))
    .map((site) => ({ kind: "affine", site, keep: 0 }));
}
