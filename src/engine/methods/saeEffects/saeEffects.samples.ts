/** What effects of latents on a logit must be, on any device: against reruns and dense algebra, one latent at a time. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Intervention } from "../../../protocol/interventions";
import { attachRandom, type RandomSae } from "../../interp/sae/attachRandom.samples";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { slowPass } from "../../ops/sae.samples";
import { latentEffects } from "./saeEffects";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const V = 13;
const D = 8;
const SITE = "blocks.1.resid_post";
const TRANSCODER = { siteIn: "blocks.0.ln2.normalized", siteOut: "blocks.0.mlp_out" };

export const MEASURED: readonly RandomSae[] = [
  { kind: "topk", siteIn: SITE, options: { input: { scheme: "layerNorm", eps: 1e-5 } } },
  { kind: "gated", siteIn: "blocks.0.resid_post", options: { input: { scheme: "rescale", factor: 0.4 } } },
  { kind: "topk", ...TRANSCODER },
  { kind: "jumprelu", siteIn: "blocks.1.attn.z" },
];

async function weights(model: Model, name: string): Promise<Float32Array> {
  const vector = model.weights.vectorIfAny(name) ?? model.weights.matrix(name).chunks[0]!;
  const size = vector.buffer.sizeBytes;
  const [data] = await model.memory.device.read([{ buffer: vector.buffer, offsetBytes: 0, sizeBytes: size }]);
  return new Float32Array(data!);
}

async function readLogits(model: Model, interventions: readonly Intervention[], readAt: number) {
  const { captures } = await run(model, { rows: [{ tokens: TOKENS, interventions }], capture: ["logits"] });
  return captures[0]!.data.subarray(readAt * V, (readAt + 1) * V);
}

export function effectTests(open: () => Model, measured = MEASURED): void {
  it.each(measured)("$kind at $siteIn: direct and by ablation", async (asked) => {
    const model = open();
    const plain = attachRandom(model, 1, asked);
    const { siteIn, siteOut = siteIn } = asked;
    const [target, minus, readAt] = [7, 2, 6];
    const positions = [1, 3, 4, 6];
    const found = await run(model, { rows: [{ tokens: TOKENS }], capture: [siteIn, "ln_final.scale"] });
    const codes = TOKENS.map((_, p) => {
      const width = plain.dIn;
      return slowPass(plain, [...found.captures[0]!.data.subarray(p * width, (p + 1) * width)]);
    });
    const peak = (latent: number) => Math.max(...positions.map((p) => codes[p]!.latents[latent]!));
    const order = [...Array(plain.nLatents).keys()]
      .filter((latent) => peak(latent) > 0)
      .sort((a, b) => peak(b) - peak(a));
    const [gain, unembed] = [await weights(model, "ln_f.weight"), await weights(model, "lm_head.weight")];
    const output = await weights(model, "h.1.attn.c_proj.weight");
    const before = await readLogits(model, [], readAt);

    for (const other of [minus, undefined]) {
      const most = Math.min(12, order.length);
      const effects = await latentEffects(
        model,
        {
          ...{ sae: 1, prompt: { tokens: TOKENS }, positions, readAt, target, most },
          ...(other === undefined ? {} : { minus: other }),
        },
        NEVER_CANCELLED,
      );
      expect(effects.map(({ latent }) => latent)).toEqual(order.slice(0, most));
      for (const { latent, value, position, direct, ablation } of effects) {
        expect(Math.abs(value - peak(latent))).toBeLessThan(1e-4);
        expect(Math.abs(codes[position]!.latents[latent]! - value)).toBeLessThan(1e-4);
        const changes = [{ latent, op: "ablate", amount: 0 }] as const;
        const change = { kind: "latents", sae: 1, changes, error: "kept", positions } as const;
        const after = await readLogits(model, [change], readAt);
        const logit = (logits: Float32Array) => logits[target]! - (other === undefined ? 0 : logits[other]!);
        expect(Math.abs(ablation - (logit(before) - logit(after)))).toBeLessThan(1e-4);

        const { latents } = codes[readAt]!;
        if (latents[latent] === 0) {
          expect(direct).toBeNaN();
          continue;
        }
        // What the latent adds at the read position, in the units of the site.
        const x = [...found.captures[0]!.data.subarray(readAt * plain.dIn, (readAt + 1) * plain.dIn)];
        const { y: rest } = slowPass(plain, x, (z) => z.map((one, l) => (l === latent ? 0 : one)));
        const written = codes[readAt]!.y.map((sum, i) => sum - rest[i]!);
        const added = siteOut.endsWith("attn.z")
          ? Array.from({ length: D }, (_, row) =>
              written.reduce((sum, value, i) => sum + value * output[row * D + i]!, 0),
            )
          : written;
        const mean = added.reduce((a, b) => a + b, 0) / D;
        const scale = found.captures[1]!.data[readAt]!;
        const along = (token: number) =>
          added.reduce(
            (sum, part, i) => sum + (((part - mean) * gain[i]!) / scale) * unembed[token * D + i]!,
            0,
          );
        const expected = along(target) - (other === undefined ? 0 : along(other));
        expect(Math.abs(direct - expected)).toBeLessThan(1e-4);
      }
      if (siteOut === SITE) expect(effects.some(({ direct }) => !Number.isNaN(direct))).toBe(true);
    }
  });
}
