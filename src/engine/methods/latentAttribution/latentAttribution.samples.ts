/** What latents by gradient must be, on any device: against gradients and plain arithmetic, slopes and ablations. */
import { expect, it } from "vitest";
import type { LatentAttributionRequest } from "../../../protocol/attributions";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { attachRandom, type RandomSae } from "../../interp/sae/attachRandom.samples";
import { gradients } from "../../interp/gradients/gradients";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { slowPass } from "../../ops/sae.samples";
import { latentEffects } from "../saeEffects/saeEffects";
import { latentAttribution } from "./latentAttribution";

export const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
export const READ = 6;
const V = 13;
const SITE = "blocks.0.resid_post";
const MLP = { siteIn: "blocks.0.ln2.normalized", siteOut: "blocks.0.mlp_out" };

const SAES: readonly RandomSae[] = [
  { kind: "topk", siteIn: SITE, options: { input: { scheme: "layerNorm", eps: 1e-5 } } },
  { kind: "gated", siteIn: SITE, options: { input: { scheme: "rescale", factor: 0.4 } } },
  { kind: "relu", siteIn: SITE },
  { kind: "topk", ...MLP, options: { skip: true } },
  { kind: "jumprelu", siteIn: "blocks.0.attn.z" },
  { kind: "topk", siteIn: "blocks.1.resid_post" },
];

export const requestOf = (given: Partial<LatentAttributionRequest> = {}): LatentAttributionRequest => ({
  ...{ sae: 1, prompt: { tokens: TOKENS }, positions: [1, 3, 4, 6], readAt: READ },
  ...{ target: 7, minus: 2, most: 1000, ...given },
});
export const ask = (model: Model, given: Partial<LatentAttributionRequest> = {}) =>
  latentAttribution(model, requestOf(given), NEVER_CANCELLED);

export function latentAttributionTests(open: () => Model): void {
  it.each(SAES)(
    "$kind at $siteIn, $siteOut: value · decoder row · gradient, error and bias",
    async (asked) => {
      const model = open();
      const plain = attachRandom(model, 1, asked);
      const { siteIn, siteOut = siteIn } = asked;
      const positions = [1, 3, 4, 6];
      const terms = [
        { kind: "logit", row: 0, position: READ, target: 7 },
        { kind: "logit", row: 0, position: READ, target: 2, weight: -1 },
      ] as const;
      const { gradients: found } = await gradients(model, {
        rows: [{ tokens: TOKENS }],
        scalars: [terms],
        sites: [siteOut],
      });
      const { captures } = await run(model, { rows: [{ tokens: TOKENS }], capture: [siteIn, siteOut] });
      const dataOf = (site: string) => captures.find((one) => one.site === site)!.data;
      const row = (data: Float32Array, width: number, p: number) => [
        ...data.subarray(p * width, (p + 1) * width),
      ];
      const expected = new Map<number, number>();
      let [error, bias, whole] = [0, 0, 0];
      for (const p of positions) {
        const g = row(found[0]!.data, plain.dOut, p);
        const x = row(dataOf(siteIn), plain.dIn, p);
        const dot = (values: readonly number[]) => values.reduce((sum, one, i) => sum + one * g[i]!, 0);
        const { latents, y } = slowPass(plain, x);
        const none = slowPass(plain, x, (z) => z.map(() => 0)).y;
        latents.forEach((value, latent) => {
          if (value === 0) return;
          const rest = slowPass(plain, x, (z) => z.map((one, l) => (l === latent ? 0 : one))).y;
          const own = dot(y.map((sum, i) => sum - rest[i]!));
          expected.set(latent, (expected.get(latent) ?? 0) + own);
        });
        const held = row(dataOf(siteOut), plain.dOut, p);
        error += dot(held.map((one, i) => one - y[i]!));
        bias += dot([...none]);
        whole += dot(held);
      }
      const result = await ask(model);
      expect(result.alarms).toEqual([]);
      expect(result.active).toBe(expected.size);
      expect(new Set(result.latents.map(({ latent }) => latent))).toEqual(new Set(expected.keys()));
      const largest = Math.max(...[...expected.values()].map(Math.abs));
      expect(largest).toBeGreaterThan(0.01);
      const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(2e-3 * largest + 1e-4);
      for (const { latent, estimate } of result.latents) near(estimate, expected.get(latent)!);
      const sizes = result.latents.map(({ estimate }) => Math.abs(estimate));
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      const { parts } = result;
      near(parts.error, error);
      near(parts.bias, bias);
      near(parts.whole, whole);
      near(
        parts.latents,
        result.latents.reduce((sum, { estimate }) => sum + estimate, 0),
      );
      // The identity: nothing of the site is left out.
      expect(Math.abs(parts.latents + parts.error + parts.bias - parts.whole)).toBeLessThan(
        1e-4 * (1 + largest),
      );
    },
  );

  it("has the ablations and direct ways of saeEffects beside it", async () => {
    const model = open();
    attachRandom(model, 1, { kind: "topk", siteIn: SITE });
    const { check, latents, value } = await ask(model, { check: { largest: 4, random: 5, seed: 3 } });
    const { sae, prompt, positions, readAt, target, minus } = requestOf();
    const asked = { sae, prompt, positions, readAt, target, minus: minus!, most: 1000 };
    const effects = await latentEffects(model, asked, NEVER_CANCELLED);
    const of = new Map(effects.map((effect) => [effect.latent, effect]));
    for (const { latent, direct, value, position } of latents) {
      const effect = of.get(latent)!;
      expect([value, position]).toEqual([effect.value, effect.position]);
      if (Number.isNaN(effect.direct)) expect(direct).toBeNaN();
      else expect(direct).toBeCloseTo(effect.direct, 4);
    }
    expect(check!.latents.filter(({ isLargest }) => isLargest)).toHaveLength(4);
    expect(check!.latents.filter(({ isRandom }) => isRandom)).toHaveLength(5);
    for (const { latent, exact } of check!.latents) expect(exact).toBeCloseTo(of.get(latent)!.ablation, 3);
    expect(check!.all.n).toBe(check!.latents.length);
    const { captures } = await run(model, { rows: [{ tokens: TOKENS }], capture: ["logits"] });
    const logits = captures[0]!.data;
    expect(value).toBeCloseTo(logits[READ * V + 7]! - logits[READ * V + 2]!, 3);
  });
}
