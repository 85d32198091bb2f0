/** A latent's values replaced in the model, against plain sums. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { evaluatedSae, type Judged } from "../../interp/sae/evaluatedSae.samples";
import { latentValues } from "../../interp/sae/latentReads";
import { latentOnTexts, lossWithValues } from "./latentSplice";
import { textBatches } from "../../interp/activations/textActivations";
import { run } from "../../interp/pass/runRows";

const TEXTS = [
  [3, 1, 4, 1, 5, 9, 2],
  [6, 5, 3],
  [5, 8, 9, 7, 9],
];
const LATENT = 2;

function on({ model, sae }: Judged, before: readonly number[]) {
  const texts = { texts: TEXTS, before };
  return latentOnTexts(
    model,
    sae,
    LATENT,
    texts,
    (x) => latentValues(model, sae, x, LATENT),
    NEVER_CANCELLED,
  );
}

async function plainLoss({ model }: Judged, before: readonly number[]) {
  const rows = TEXTS.map((tokens) => ({ tokens: [...before, ...tokens] }));
  const score = rows.flatMap(({ tokens }, row) =>
    tokens.flatMap((target, i) =>
      i >= Math.max(1, before.length) ? [{ row, position: i - 1, target }] : [],
    ),
  );
  const { scores } = await run(model, { rows, score });
  return -scores.reduce((a, b) => a + b, 0) / scores.length;
}

it.each([[[]], [[12]]])("changes nothing with the latent's own values, %j before", async (before) => {
  const judged = await evaluatedSae("relu");
  const own = await on(judged, before);
  expect(own.values.map(({ length }) => length)).toEqual([7, 3, 5]);
  expect(own.values.some((row) => row.some((value) => value > 0))).toBe(true);
  const texts = { texts: TEXTS, before };
  const same = await lossWithValues(judged.model, judged.sae, texts, own, own.values, NEVER_CANCELLED);
  expect(same.loss).toBe(await plainLoss(judged, before));
  expect(same.n).toBe(before.length > 0 ? 15 : 12);
});

it("adds the change of value, in the units of the site, along the decoder row", async () => {
  const judged = await evaluatedSae("relu", { scheme: "layerNorm", eps: 1e-5 });
  const { model, sae, plain } = judged;
  const own = await on(judged, [12]);
  const zero = own.values.map(({ length }) => new Float32Array(length));
  const texts = { texts: TEXTS, before: [12] };
  const found = await lossWithValues(model, sae, texts, own, zero, NEVER_CANCELLED);

  const site = "blocks.0.resid_post" as const;
  const rows = TEXTS.map((tokens) => ({ tokens: [12, ...tokens] }));
  const { captures } = await run(model, { rows, capture: [site] });
  const changed = rows.map((row, r) => {
    const x = captures[r]!.data;
    const values = new Float32Array(x.length);
    for (let i = 1; i < row.tokens.length; i++) {
      const at = x.subarray(i * 8, (i + 1) * 8);
      const mean = at.reduce((a, b) => a + b, 0) / 8;
      const std = Math.sqrt(at.reduce((a, b) => a + (b - mean) ** 2, 0) / 7);
      for (let c = 0; c < 8; c++) {
        values[i * 8 + c] = -own.values[r]![i - 1]! * std * plain.decoder[LATENT * 8 + c]!;
      }
    }
    const valuePositions = row.tokens.map((_, i) => i);
    return { ...row, interventions: [{ kind: "affine", site, keep: 1, values, valuePositions } as const] };
  });
  const score = rows.flatMap(({ tokens }, row) =>
    tokens.slice(1).map((target, position) => ({ row, position, target })),
  );
  const { scores } = await run(model, { rows: changed, score });
  expect(found.loss).toBeCloseTo(-scores.reduce((a, b) => a + b, 0) / scores.length, 5);
  expect(found.loss).not.toBeCloseTo(await plainLoss(judged, [12]), 5);
});

it("packs texts up to what the model takes well", () => {
  const texts = [600, 400, 100, 2000, 10].map((length) => new Array<number>(length).fill(0));
  expect(textBatches(texts, 1)).toEqual([[0, 1], [2], [3], [4]]);
});
