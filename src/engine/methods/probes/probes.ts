/**
 * Is a label that somebody gave to tokens written in one latent? Probe loss of Gao et al. 2024, "Scaling and evaluating
 * sparse autoencoders" (arXiv 2406.04093, section 4.2): the least −log p that a logistic probe on one latent reaches,
 * beside the best channel of what the autoencoder reads, and a probe on all channels.
 *
 *   1. labelled tokens are split, by a seed, into training and test tokens
 *   2. probes are fitted by Newton's method with a small ridge (probes/single, probes/linear)
 *   3. the latent and the channel with the least training loss are found among all of them (probes/search)
 *   4. each is scored on both sides
 */
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Probe, ProbeRequest, ProbeResult, SingleProbe } from "../../../protocol/sae/saeEvaluation";
import { readCodes, type HostCodes } from "../../interp/sae/latentReads";
import { textActivations } from "../../interp/activations/textActivations";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { fitLinear, logitOf } from "./linear";
import { probeScore } from "./score";
import { bestColumns, channelColumns, latentColumns } from "./search";
import type { Column } from "./single";
import { splitLabels, type Split } from "./split";

/** The best probe, and the runners-up that are named. */
const KEPT = 6;

/** What probes read, one row a labelled token. */
export interface ProbeData extends Split {
  readonly codes: HostCodes;
  readonly nLatents: number;
  /** [rows, dIn]. */
  readonly x: Float32Array;
  readonly dIn: number;
  /** 0 or 1. */
  readonly labels: Uint8Array;
}

/** Everything but the model. */
export async function probesFrom(
  { codes, nLatents, x, dIn, labels, train, test }: ProbeData,
  ridge: number,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<ProbeResult> {
  const scored = (logit: (row: number) => number): Probe => {
    const [trainScore, testScore] = [train, test].map((rows) =>
      probeScore(
        rows.map(logit),
        rows.map((row) => labels[row] ?? 0),
      ),
    );
    if (!trainScore || !testScore) throw new Error("a split has two sides");
    return { train: trainScore, test: testScore };
  };
  const single = async (
    count: number,
    column: (index: number) => Column,
    valueAt: (row: number, index: number) => number,
  ): Promise<SingleProbe> => {
    const { best, fitted } = await bestColumns(count, column, ridge, KEPT, pauser);
    const [first, ...next] = best;
    if (!first) throw new Error("there is nothing to probe");
    const { index, weight, bias } = first;
    return {
      ...{ index, weight, bias, fitted },
      ...scored((row) => weight * valueAt(row, index) + bias),
      next: next.map(({ index, loss }) => ({ index, loss })),
    };
  };
  const latentAt = (row: number, latent: number) => {
    const slot = codes.ids.subarray(row * codes.width, (row + 1) * codes.width).indexOf(latent);
    return slot < 0 ? 0 : (codes.values[row * codes.width + slot] ?? 0);
  };
  const linear = await fitLinear(x, dIn, train, labels, ridge, pauser);
  const share = train.reduce((sum, row) => sum + (labels[row] ?? 0), 0) / train.length;
  return {
    latent: await single(nLatents, latentColumns(codes, nLatents, train, labels), latentAt),
    channel: await single(
      dIn,
      channelColumns(x, dIn, train, labels),
      (row, channel) => x[row * dIn + channel] ?? 0,
    ),
    linear: scored((row) => logitOf(linear, x.subarray(row * dIn, (row + 1) * dIn))),
    base: scored(() => Math.log(share / (1 - share))),
  };
}

export async function probes(
  model: Model,
  sae: Sae,
  request: ProbeRequest,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<ProbeResult> {
  const { labels, contexts, before, ridge } = request;
  checkRequest(request);
  const split = splitLabels(labels, request);
  const [nLatents, dIn] = sae.weights.encoder.shape;
  const x = new Float32Array(labels.length * dIn);
  for await (const { texts, lengths, data } of textActivations(
    model,
    [sae.siteIn],
    contexts,
    before,
    pauser,
  )) {
    let start = 0;
    for (const [i, text] of texts.entries()) {
      for (const [row, { context, position }] of labels.entries()) {
        if (context !== text) continue;
        const at = (start + position) * dIn;
        x.set(data[0]?.subarray(at, at + dIn) ?? [], row * dIn);
      }
      start += lengths[i] ?? 0;
    }
  }
  const codes = await readCodes(model, sae, x);
  const bits = Uint8Array.from(labels, ({ label }) => (label ? 1 : 0));
  return probesFrom({ ...split, codes, nLatents, x, dIn, labels: bits }, ridge, pauser);
}

function checkRequest({ labels, contexts, ridge, testShare }: ProbeRequest): void {
  if (!(ridge > 0)) refuse(`A ridge of ${ridge} lets weights run off to infinity; give one above 0.`);
  if (!(testShare >= 0 && testShare < 1))
    refuse(`A test share of ${testShare} leaves nothing to learn from; give 0 to below 1.`);
  const seen = new Set<string>();
  for (const { context, position } of labels) {
    const length = contexts[context]?.length;
    if (length === undefined || !(Number.isInteger(position) && position >= 0 && position < length)) {
      refuse(`A label names position ${position} of context ${context}, which is not there.`);
    }
    if (seen.has(`${context} ${position}`)) {
      refuse(`Position ${position} of context ${context} is labelled twice; label it once.`);
    }
    seen.add(`${context} ${position}`);
  }
}
