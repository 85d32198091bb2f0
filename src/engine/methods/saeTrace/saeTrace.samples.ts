/** What ablating a latent at one position must give, on any device: the numbers of a rerun with that edit, worked out slowly. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { EditedPrompt, Intervention } from "../../../protocol/interventions";
import { attachRandom, type RandomSae } from "../../interp/sae/attachRandom.samples";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { slowPass } from "../../ops/sae.samples";
import { latentTrace } from "./saeTrace";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const V = 13;
const SITE = "blocks.0.resid_post";
const TRANSCODER = { siteIn: "blocks.1.ln2.normalized", siteOut: "blocks.1.mlp_out" };

export const TRACED: readonly RandomSae[] = [
  { kind: "topk", siteIn: SITE, options: { input: { scheme: "layerNorm", eps: 1e-5 } } },
  { kind: "relu", siteIn: SITE, options: { input: { scheme: "rescale", factor: 0.4 } } },
  { kind: "jumprelu", siteIn: "blocks.1.resid_post", options: { precision: "f16" } },
  { kind: "gated", siteIn: "blocks.1.attn.z", options: { input: { scheme: "unitMeanSquare" } } },
  { kind: "topk", ...TRANSCODER, options: { skip: true } },
];

/** Logits [position][token] of the prompt, in f64. */
async function logitsOf(model: Model, interventions: readonly Intervention[]): Promise<number[][]> {
  const { captures } = await run(model, { rows: [{ tokens: TOKENS, interventions }], capture: ["logits"] });
  return TOKENS.map((_, position) => [...captures[0]!.data.subarray(position * V, (position + 1) * V)]);
}

function logProbs(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) + most;
  return logits.map((logit) => logit - total);
}

const withoutIt = (latent: number, positions: readonly number[]): Intervention => {
  const changes = [{ latent, op: "ablate", amount: 0 }] as const;
  return { kind: "latents", sae: 1, changes, error: "kept", positions };
};

export function traceTests(open: () => Model, traced = TRACED): void {
  it.each(traced)("$kind at $siteIn: is what a rerun with the edit gives", async (asked) => {
    const model = open();
    const plain = attachRandom(model, 1, asked);
    const own: Intervention = { kind: "affine", site: "blocks.0.attn_out", keep: 0.5, positions: [1, 4] };
    const edit = { id: "a", on: true, kind: "scale", site: "attn_out", layers: [0], factor: 0.5 } as const;
    const prompt: EditedPrompt = { tokens: TOKENS, edits: [{ ...edit, positions: [1, 4] }] };
    const before = await logitsOf(model, [own]);
    const { captures } = await run(model, {
      rows: [{ tokens: TOKENS, interventions: [own] }],
      capture: [asked.siteIn],
    });
    const cases = [2, 0, 7, 3].map((position, n) => {
      const x = captures[0]!.data.subarray(position * plain.dIn, (position + 1) * plain.dIn);
      const { latents } = slowPass(plain, [...x]);
      // Three that are active, one that is not.
      const latent = latents.findIndex((value) => (n < 3 ? value > 0 : value === 0));
      return { latent, position, isActive: n < 3 };
    });
    for (const { latent, position, isActive } of cases) {
      const after = await logitsOf(model, [own, withoutIt(latent, [position])]);
      const ask = { sae: 1, latent, prompt, position, k: 3 };
      const result = await latentTrace(model, ask, NEVER_CANCELLED);
      expect(result.positions).toEqual(TOKENS.flatMap((_, i) => (i >= position ? [i] : [])));
      let [l1, squares] = [0, 0];
      result.positions.forEach((at, i) => {
        const [p, q] = [logProbs(before[at]!), logProbs(after[at]!)];
        const next = TOKENS[at + 1];
        if (next === undefined) expect(result.lossChange[i]).toBeNaN();
        else expect(Math.abs(result.lossChange[i]! - (p[next]! - q[next]!))).toBeLessThan(1e-4);
        const kl = p.reduce((sum, logP, token) => sum + Math.exp(logP) * (logP - q[token]!), 0);
        expect(Math.abs(result.kl[i]! - kl)).toBeLessThan(1e-4);
        const delta = before[at]!.map((logit, token) => logit - after[at]![token]!);
        const middle = [...delta].sort((a, b) => a - b)[(V - 1) / 2]!;
        const centred = delta.map((value) => value - middle);
        for (const value of centred) [l1, squares] = [l1 + Math.abs(value), squares + value ** 2];
        const sorted = [...centred].sort((a, b) => b - a);
        result.up[i]!.values.forEach((value, n) => expect(Math.abs(value - sorted[n]!)).toBeLessThan(1e-4));
        result.down[i]!.values.forEach((value, n) =>
          expect(Math.abs(value - sorted[V - 1 - n]!)).toBeLessThan(1e-4),
        );
        result.up[i]!.ids.forEach((id, n) =>
          expect(Math.abs(centred[id]! - result.up[i]!.values[n]!)).toBeLessThan(1e-4),
        );
      });
      const outputs = result.positions.length * V;
      if (isActive) expect(result.ablationSparsity).toBeCloseTo(l1 ** 2 / squares / outputs, 3);
      else expect([...result.kl, result.ablationSparsity]).toEqual([...result.positions, 0].map(() => 0));
      // What comes before is not touched.
      expect(after.slice(0, position)).toEqual(before.slice(0, position));
    }
  });
}
