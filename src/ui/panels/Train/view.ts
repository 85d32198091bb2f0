/** From settings to what the engine is asked, and from a run to its curves and words. */
import { blockSite, siteLayer } from "../../../protocol/sites";
import type { SaeSettings, SaeTrainingInfo, SaeTrainingRequest } from "../../../protocol/sae/training";
import type { LineData } from "../../charts/lineChart";
import type { DataTable } from "../../charts/dataTable";
import { formatNumber } from "../../../client/format";
import { CURVE_NAMES, type Curve, type Kind } from "./settings";

export interface TrainSettings {
  readonly kind: Kind;
  readonly layers: readonly number[];
  readonly nLatents: number;
  readonly k: number;
  readonly contextSize: number;
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
  readonly auxK: number;
  readonly deadAfter: number;
  readonly seed: number;
}

/** Weight of AuxK, warm-up, decay and clip as in the released recipe; the shares are what a short run needs. */
const AUX_WEIGHT = 1 / 32;
const WARM_UP_SHARE = 0.05;
const DECAY_SHARE = 0.8;
const CLIP = 1;
const HELD_OUT = 0.1;
/** Activations that are shuffled together: as many as 64 MB hold of a stream of 512. */
const SHUFFLED_TOKENS = 32_768;

export function saesOf({ kind, layers, nLatents, k, auxK, deadAfter, seed }: TrainSettings): SaeSettings[] {
  return layers.map((layer) => ({
    siteIn: blockSite(layer, kind === "transcoder" ? "ln2.normalized" : "resid_post"),
    siteOut: blockSite(layer, kind === "transcoder" ? "mlp_out" : "resid_post"),
    ...{ nLatents, k, auxK, auxWeight: AUX_WEIGHT, deadAfter, seed: seed + layer },
  }));
}

export function requestOf(
  settings: TrainSettings,
  texts: {
    readonly name: string;
    readonly documents: SaeTrainingRequest["documents"];
    readonly addBos: boolean;
  },
): SaeTrainingRequest {
  const { steps, batch, contextSize, rate, seed } = settings;
  return {
    ...{ ...texts, contextSize, steps, batch, seed, saes: saesOf(settings) },
    schedule: { rate, warmUp: Math.round(WARM_UP_SHARE * steps), decay: DECAY_SHARE },
    ...{ clip: CLIP, heldOut: HELD_OUT, shuffledTokens: SHUFFLED_TOKENS },
  };
}

/** "block 2: residual stream" or "block 2: MLP". */
export function saeName({ siteIn, siteOut }: Pick<SaeSettings, "siteIn" | "siteOut">): string {
  return `block ${siteLayer(siteOut) ?? "?"}: ${siteIn === siteOut ? "residual stream" : "MLP"}`;
}

/** The chosen curve of every autoencoder, one point for each step at which any of them has one. */
export function curves(
  info: SaeTrainingInfo,
  saes: readonly SaeSettings[],
  curve: Curve,
): LineData & { readonly steps: readonly number[]; readonly xNames: readonly string[] } {
  const [points, valueOf] = pointsOf(curve);
  const steps = [...new Set(info.saes.flatMap((sae) => points(sae).map(({ step }) => step)))].sort(
    (a, b) => a - b,
  );
  const series = info.saes.map((sae, n) => {
    const known = new Map(points(sae).map((point) => [point.step, valueOf(point)]));
    const settings = saes[n];
    return {
      name: settings ? saeName(settings) : `autoencoder ${n + 1}`,
      values: steps.map((step) => known.get(step) ?? NaN),
    };
  });
  return {
    steps,
    series,
    xLabels: steps.map(() => ""),
    xNames: steps.map(String),
    xTitle: "step",
    yTitle: Y_TITLES[curve],
  };
}

const Y_TITLES: Readonly<Record<Curve, string>> = {
  heldOut: "share of the variance",
  loss: "share of the variance",
  dead: "latents",
  gradientLength: "length",
};

type AnyPoint = { readonly step: number } & Partial<
  Record<"fvu" | "loss" | "dead" | "gradientLength", number>
>;

function pointsOf(
  curve: Curve,
): [(sae: SaeTrainingInfo["saes"][number]) => readonly AnyPoint[], (point: AnyPoint) => number] {
  if (curve === "heldOut") return [({ heldOut }) => heldOut, ({ fvu = NaN }) => fvu];
  return [({ points }) => points, (point) => point[curve] ?? NaN];
}

export function curveTable(info: SaeTrainingInfo, saes: readonly SaeSettings[], curve: Curve): DataTable {
  const { steps, series } = curves(info, saes, curve);
  return {
    columns: ["step", ...series.map(({ name }) => `${name}: ${CURVE_NAMES[curve]}`)].map((name) => ({
      name,
      numeric: true,
    })),
    rows: steps.map((step, i) => [step, ...series.map(({ values }) => values[i] ?? NaN)]),
  };
}

/** One line for each autoencoder: what it explains of texts that it never saw. */
export function standings(info: SaeTrainingInfo, saes: readonly SaeSettings[]) {
  return info.saes.map(({ points, heldOut }, n) => {
    const [last, measured, first] = [points.at(-1), heldOut.at(-1), heldOut[0]];
    const settings = saes[n];
    return {
      name: settings ? saeName(settings) : `autoencoder ${n + 1}`,
      explained: measured ? `${formatNumber(100 * (1 - measured.fvu), 1)} %` : "not measured yet",
      fvu: measured?.fvu,
      firstFvu: first?.fvu,
      l0: measured?.l0,
      dead: last?.dead,
      measuredAt: measured?.step,
    };
  });
}

/** "step 120 of 400 · 2,345 tokens/s · 40 s left". */
export function progressWords({ step, steps, tokensPerSecond }: SaeTrainingInfo, batch: number): string {
  const left = tokensPerSecond > 0 ? ((steps - step) * batch) / tokensPerSecond : undefined;
  const count = (n: number) => Math.round(n).toLocaleString("en");
  return [
    `step ${count(step)} of ${count(steps)}`,
    ...(tokensPerSecond > 0 ? [`${count(tokensPerSecond)} tokens/s`] : []),
    ...(left === undefined || step === steps ? [] : [`${count(Math.ceil(left))} s left`]),
  ].join(" · ");
}
