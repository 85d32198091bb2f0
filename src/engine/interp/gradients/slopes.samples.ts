/** For tests: gradients against central differences of the same scalars, by edits that add a direction at the site. */
import { expect } from "vitest";
import type { GradientRequest, Scalar } from "../../../protocol/gradients/gradients";
import type { Intervention } from "../../../protocol/interventions";
import { noise } from "../../../random/noise";
import type { Model } from "../../models/model";
import { gradients } from "./gradients";

const STEPS = [-2, -1, 1, 2] as const;

/** The gradient of each scalar at a site of row 0 is its slope (fourth order) along a direction, to `tolerance` of its length. */
export async function expectSlope(
  model: Model,
  request: Omit<GradientRequest, "sites">,
  site: string,
  { tolerance = 2e-3, h = 0.02, last = false } = {},
): Promise<void> {
  const { gradients: found, alarms } = await gradients(model, { ...request, sites: [site] });
  expect(alarms).toEqual([]);
  const [first] = request.rows;
  const positions = first!.tokens.map((_, i) => (first!.startPosition ?? 0) + i);
  const own = found.filter(({ row }) => row === 0);
  const direction = noise(own[0]!.data.length, 5);
  const along = (step: number): Intervention => ({
    ...{ kind: "affine", site, keep: 1, valuePositions: positions },
    values: direction.map((value) => step * h * value),
  });
  const values = await Promise.all(
    STEPS.map(async (step) => {
      const interventions = [...(first!.interventions ?? [])];
      // After what the row does anyway, unless the site's own edits drop what comes before.
      interventions[last ? "push" : "unshift"](along(step));
      const rows = [{ ...first!, interventions }, ...request.rows.slice(1)];
      return scalarsOf(model, rows, request.scalars, request.frozen);
    }),
  );
  for (const [scalar, { data }] of own.entries()) {
    const [a, b, c, d] = values.map((all) => all[scalar]!);
    const difference = (8 * (c! - b!) - (d! - a!)) / (12 * h);
    const slope = data.reduce((sum, value, i) => sum + value * direction[i]!, 0);
    const length = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
    expect(Math.abs(difference - slope) / length, `scalar ${scalar} at ${site}`).toBeLessThan(tolerance);
  }
}

/** The values of scalars: what a walk back reads on its way, at a site that costs little. */
async function scalarsOf(
  model: Model,
  rows: GradientRequest["rows"],
  scalars: readonly Scalar[],
  frozen: GradientRequest["frozen"],
): Promise<readonly number[]> {
  const last = model.config.nLayers - 1;
  const request = { rows, scalars, sites: [`blocks.${last}.resid_post`], ...(frozen && { frozen }) };
  return (await gradients(model, request)).values;
}
