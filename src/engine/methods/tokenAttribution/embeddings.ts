/** The embeddings that integrated gradients go between, and the points of the straight path. */
import type { EmbeddingBaseline, IntegrationRule } from "../../../protocol/gradients/attributions";
import type { Pauser } from "../../../protocol/cancel";
import type { AffineChange } from "../../../protocol/interventions";
import { meanValues, rowValues, siteValues, type SiteValues } from "../../interp/interventions/donors";
import type { ResolvedPrompt } from "../../interp/interventions/index";
import type { Model } from "../../models/model";

export interface Embeddings {
  /** x: the prompt's, its edits included; f32 [positions, dModel]. */
  readonly input: Float32Array;
  /** x′, likewise. */
  readonly baseline: Float32Array;
  readonly dModel: number;
}

export async function embeddings(
  model: Model,
  prompt: ResolvedPrompt,
  kind: EmbeddingBaseline,
  fixed: ReadonlySet<number>,
  pauser: Pauser,
): Promise<Embeddings> {
  const input = valuesOf(await rowValues(model, prompt, ["embed"]));
  const row = await baselineRow(model, kind, input, pauser);
  const dModel = input.width;
  const baseline = Float32Array.from(input.data, (x, i) =>
    fixed.has(Math.floor(i / dModel)) ? x : (row[i % dModel] ?? 0),
  );
  return { input: input.data, baseline, dModel };
}

/** The baseline's embedding at a position. */
async function baselineRow(
  model: Model,
  kind: EmbeddingBaseline,
  { data, positions, width }: SiteValues,
  pauser: Pauser,
): Promise<Float32Array> {
  switch (kind.kind) {
    case "zero":
      return new Float32Array(width);
    case "token":
      return valuesOf(await siteValues(model, [kind.token], ["embed"])).data;
    case "mean": {
      if (kind.over) return valuesOf(await meanValues(model, kind.over, "token", ["embed"], pauser)).data;
      const sum = new Float64Array(width);
      data.forEach((x, i) => (sum[i % width] = (sum[i % width] ?? 0) + x));
      return Float32Array.from(sum, (one) => one / positions);
    }
  }
}

function valuesOf(found: ReadonlyMap<string, SiteValues>): SiteValues {
  const values = found.get("embed");
  if (values === undefined) throw new Error("no embeddings were captured");
  return values;
}

export interface PathPoint {
  /** 0 at the baseline, 1 at the input. */
  readonly share: number;
  /** The weights of all points sum to 1. */
  readonly weight: number;
}

export function pathPoints(steps: number, rule: IntegrationRule): PathPoint[] {
  if (rule === "midpoint")
    return Array.from({ length: steps }, (_, k) => ({ share: (k + 0.5) / steps, weight: 1 / steps }));
  return Array.from({ length: steps + 1 }, (_, k) => ({
    share: k / steps,
    weight: (k === 0 || k === steps ? 0.5 : 1) / steps,
  }));
}

/** Puts x′ + share · (x − x′) in the place of the embeddings. */
export function atShare({ input, baseline, dModel }: Embeddings, share: number): AffineChange {
  const values = Float32Array.from(input, (x, i) => {
    const from = baseline[i] ?? 0;
    return share === 1 ? x : from + share * (x - from);
  });
  const valuePositions = Array.from({ length: input.length / dModel }, (_, position) => position);
  return { kind: "affine", site: "embed", keep: 0, values, valuePositions };
}
