/** The pullback of what norms divide by against central differences of both norms, an all-equal row among them. */
import { it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { layerNormReference } from "../layerNorm/layerNorm.ref";
import { rmsNormReference } from "../rmsNorm/rmsNorm.ref";
import { normScaleBackwardReference } from "./normScaleBackward.ref";

const [OWN, COLS, SCALARS] = [3, 7, 2];

it.each(["layerNorm", "rmsNorm"] as const)("%s", (kind) => {
  const x = noise64(OWN * COLS, 1, 2);
  x.fill(0.4, COLS, 2 * COLS);
  const weight = noise64(COLS, 2);
  const scaleOf = (at: Float32Array) => {
    const [y, scale] = [zeros64(OWN * COLS), zeros64(OWN)];
    const sizes = { rows: OWN, cols: COLS, eps: 0.01 };
    if (kind === "layerNorm") layerNormReference({ x: at, weight, bias: weight, y, scale }, sizes);
    else rmsNormReference({ x: at, weight, y, scale }, { ...sizes, weightOffset: 1 });
    return scale;
  };
  const cotangent = noise64(SCALARS * OWN, 3);
  const gradient = zeros64(SCALARS * OWN * COLS);
  normScaleBackwardReference(
    { dScale: cotangent, x, scale: scaleOf(x), dx: gradient },
    { rows: SCALARS * OWN, own: OWN, cols: COLS, centred: kind === "layerNorm" ? 1 : 0 },
  );
  expectPullback({ forward: scaleOf, x, cotangent, gradient });
});
