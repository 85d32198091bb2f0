/** What latents by gradient must be, on any device: against gradients and plain arithmetic, slopes and ablations. */
import { expect, it } from "vitest";
import type { LatentAttributionRequest } from "../../../protocol/gradients/latentAttributions";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Intervention } from "../../../protocol/interventions";
import { attachRandom, type RandomSae } from "../../interp/sae/attachRandom.samples";
import { gradients } from "../../interp/gradients/gradients";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { slowPass } from "../../ops/sae.samples";
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

  it("has ablations of their own runs beside it", async () => {
    const model = open();
    attachRandom(model, 1, { kind: "topk", siteIn: SITE });
    const { check, value } = await ask(model, { check: { largest: 4, random: 5, seed: 3 } });
    const difference = async (interventions: readonly Intervention[]) => {
      const { captures } = await run(model, {
        rows: [{ tokens: TOKENS, interventions }],
        capture: ["logits"],
      });
      return captures[0]!.data[READ * V + 7]! - captures[0]!.data[READ * V + 2]!;
    };
    const before = await difference([]);
    expect(value).toBeCloseTo(before, 3);
    expect(check!.latents.filter(({ isLargest }) => isLargest)).toHaveLength(4);
    expect(check!.latents.filter(({ isRandom }) => isRandom)).toHaveLength(5);
    for (const { latent, exact } of check!.latents) {
      const changes = [{ latent, op: "ablate", amount: 0 }] as const;
      const change = { kind: "latents", sae: 1, changes, error: "kept", positions: [1, 3, 4, 6] } as const;
      expect(Math.abs(exact - (before - (await difference([change]))))).toBeLessThan(1e-3);
    }
    expect(check!.all.n).toBe(check!.latents.length);
  });

  it("has the direct way beside it: the gradient behind the last block, scales held, at the read position", async () => {
    const model = open();
    const site = "blocks.1.resid_post";
    const plain = attachRandom(model, 1, { kind: "topk", siteIn: site });
    const { gradients: found } = await gradients(model, {
      rows: [{ tokens: TOKENS }],
      scalars: [
        [
          { kind: "logit", row: 0, position: READ, target: 7 },
          { kind: "logit", row: 0, position: READ, target: 2, weight: -1 },
        ],
      ],
      ...{ sites: [site], frozen: ["scales"] },
    });
    const { captures } = await run(model, { rows: [{ tokens: TOKENS }], capture: [site] });
    const at = (data: Float32Array) => [...data.subarray(READ * plain.dIn, (READ + 1) * plain.dIn)];
    const [x, g] = [at(captures[0]!.data), at(found[0]!.data)];
    const { latents: values } = slowPass(plain, x);
    const { latents } = await ask(model);
    for (const { latent, direct } of latents) {
      const value = values[latent]!;
      const row = plain.decoder.subarray(latent * plain.dOut, (latent + 1) * plain.dOut);
      if (value === 0) expect(direct).toBeNaN();
      else
        expect(Math.abs(direct - value * row.reduce((sum, d, i) => sum + d * g[i]!, 0))).toBeLessThan(1e-3);
    }
    expect(latents.filter(({ direct }) => !Number.isNaN(direct)).length).toBeGreaterThan(2);
  });
}
