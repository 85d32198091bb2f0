/**
 * Gradients at every site of every architecture against the forward pass itself: central differences (fourth order) of the
 * scalar along directions at the site, by the edits that add them at the same tap. The forward pass is f32, so a slope is
 * only known to some 1e-3 of the gradient's length; gradients recorded in f64 are held tighter (recordedGradients.test.ts).
 */
import { describe, expect, it } from "vitest";
import type { Gradient, Scalar } from "../../../protocol/gradients/gradients";
import type { AffineChange } from "../../../protocol/interventions";
import { noise } from "../../../random/noise";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { sitesOf, type Model } from "../../models/model";
import { run } from "../pass/runRows";
import { gradients } from "./gradients";

const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1, 4, 6, 0];
const POSITIONS = TOKENS.map((_, position) => position);
/** Each position's odds of the token after the next: none of them is what a model is sure of. */
const TARGETS = POSITIONS.map((position) => TOKENS[(position + 2) % TOKENS.length]!);
const SCALAR: Scalar = POSITIONS.map((position) => {
  const weight = 0.5 + (position % 3) / 2;
  return { kind: "logProb", row: 0, position, target: TARGETS[position]!, weight };
});
const STEPS = [-2, -1, 1, 2] as const;
const lengthOf = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Values of a site [positions, heads · width], or by key position, [head, query, key] → the rows that an edit adds. */
function asRows(
  { shape, data }: Pick<Gradient, "shape" | "data">,
  byKey: boolean,
): Float32Array<ArrayBuffer> {
  if (!byKey) return Float32Array.from(data);
  const [heads = 0, queries = 0, keys = 0] = shape;
  const rows = new Float32Array(data.length);
  for (let h = 0; h < heads; h++)
    for (let q = 0; q < queries; q++)
      for (let k = 0; k < keys; k++) rows[(q * heads + h) * keys + k] = data[(h * queries + q) * keys + k]!;
  return rows;
}

/** A direction of length 1: half along the gradient, where a wrong one shows, half anywhere that the site has elements. */
function directionOf({ site, shape, data }: Gradient, seed: number): Float32Array<ArrayBuffer> {
  const own = lengthOf(data);
  const byKey = /attn\.(scores|pattern)$/.test(site);
  const random = noise(data.length, seed).map((value, i) => {
    const [, queries = 0, keys = 0] = shape;
    return byKey && i % keys > Math.floor(i / keys) % queries ? 0 : value;
  });
  const other = lengthOf(random);
  const sum = data.map((value, i) => value / own + random[i]! / other);
  const length = lengthOf(sum);
  return Float32Array.from(sum, (value) => value / length);
}

/** The scalar where each of these rows of values is added at the site. */
async function scalarsWith(model: Model, site: string, added: readonly Float32Array<ArrayBuffer>[]) {
  const rows = added.map((values) => {
    const change: AffineChange = { kind: "affine", site, keep: 1, values, valuePositions: POSITIONS };
    return { tokens: TOKENS, interventions: [change] };
  });
  const score = rows.flatMap((_, row) =>
    POSITIONS.map((position) => ({ row, position, target: TARGETS[position]! })),
  );
  const { scores } = await run(model, { rows, score });
  return rows.map((_, row) =>
    SCALAR.reduce((sum, { weight = 1 }, i) => sum + weight * scores[row * POSITIONS.length + i]!, 0),
  );
}

describe.each(GOLDEN_RUNS)("%s %j", (folder, change) => {
  it("is the slope of the scalar at every site", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const found = await gradients(model, {
      rows: [{ tokens: TOKENS }],
      scalars: [SCALAR],
      sites: sitesOf(model),
    });
    expect(found.alarms).toEqual([]);
    const [plain] = await scalarsWith(model, sitesOf(model)[0]!, [
      new Float32Array(found.gradients[0]!.data.length),
    ]);
    expect(found.values[0]).toBeCloseTo(plain!, 4);
    const errors = new Map<string, number>();
    for (const [n, gradient] of found.gradients.entries()) {
      const { site, data } = gradient;
      const byKey = /attn\.(scores|pattern)$/.test(site);
      const length = lengthOf(data);
      for (const seed of [n + 1, n + 1000]) {
        const direction = directionOf(gradient, seed);
        const slope = data.reduce((sum, value, i) => sum + value * direction[i]!, 0);
        // A change of the scalar of about a fiftieth: more crosses kinks of ReLU, less drowns in f32.
        const h = Math.min(0.02 / length, 0.02);
        const rows = asRows({ ...gradient, data: direction }, byKey);
        const values = await scalarsWith(
          model,
          site,
          STEPS.map((step) => rows.map((value) => step * h * value)),
        );
        const difference = (8 * (values[2]! - values[1]!) - (values[3]! - values[0]!)) / (12 * h);
        errors.set(site, Math.max(errors.get(site) ?? 0, Math.abs(difference - slope) / length));
      }
    }
    const worst = [...errors].sort((a, b) => b[1] - a[1])[0]!;
    // A rectifier has kinks, and a step crosses some of them.
    const { activation } = model.config as { activation?: string };
    expect(worst[1], worst[0]).toBeLessThan(activation === "relu" ? 4e-3 : 1e-3);
  });
});
