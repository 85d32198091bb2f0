/** Latents by their weights, against plain f64 loops, at every kind of site of every recorded architecture. */
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { SaeDescription } from "../../../protocol/sae/sae";
import { siteLayer } from "../../../protocol/sites";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { sitesOf, type Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";
import { editLatents } from "../../ops/latentEdits";
import { randomSae, uploadSae } from "../../ops/sae.samples";
import { saeLatent } from "./saeLatent";
import { apply, dot, expectExtremes, rows } from "../../interp/weights/directions.samples";

const N = 30;
const SITES = ["resid_post", "attn_out", "mlp_out", "attn.z", "mlp.post"].map((name) => `blocks.0.${name}`);

function attach(model: Model, site: string) {
  const { heads, width } = siteColumns(model.config, site);
  const d = heads * (width as number);
  const sae = randomSae({ dIn: d, dOut: d, nLatents: N }, "topk", { k: 3 });
  const weights = uploadSae(model.memory.device, sae);
  const description = { name: site, nLatents: N } as SaeDescription;
  model.saes.set(1, {
    description,
    siteIn: site,
    siteOut: site,
    weights,
    editLatents,
    free: () => undefined,
  });
  const decoder = Array.from({ length: N }, (_, l) => [...sae.decoder.subarray(l * d, (l + 1) * d)]);
  return { sae, decoder };
}

describe.each(GOLDEN_RUNS)("%s %j", (folder, change) => {
  it.each(SITES)("is what its weights say at %s", async (site) => {
    const model = await loadChanged(await openFolder(folder), change);
    if (!sitesOf(model).includes(site)) return expect(sitesOf(model)).not.toContain(site);
    const { layers, finalNorm, unembed, indirect } = model.architecture.weightMap(model.config);
    const { sae, decoder } = attach(model, site);
    const result = await saeLatent(model, { sae: 1, latent: 7, k: 4 }, NEVER_CANCELLED);
    if (indirect) {
      expect(result.promotes.ids).toHaveLength(0);
      return expect(result.norm).toContain("no direct effect");
    }

    const layer = layers[siteLayer(site) ?? 0]!;
    const [out, norm] = site.endsWith("attn.z")
      ? [layer.attentionOut, layer.attentionPostNorm]
      : site.endsWith("mlp.post")
        ? [layer.mlp!.out, layer.mlp!.postNorm]
        : [undefined, undefined];
    const row = decoder[7]!;
    const added = out
      ? await apply(
          model,
          norm,
          (await rows(model, out)).map((one) => dot(one, row)),
        )
      : row;
    const written = await apply(model, finalNorm, added);
    const effects = (await rows(model, unembed)).map((one) => dot(one, written));
    const mean = effects.reduce((sum, value) => sum + value, 0) / effects.length;
    expectExtremes(
      result.promotes,
      effects.map((value) => value - mean),
      1,
    );
    expectExtremes(
      result.suppresses,
      effects.map((value) => value - mean),
      -1,
    );

    const cosines = decoder.map((one, i) =>
      i === 7 ? -2 : dot(one, row) / Math.hypot(...one) / Math.hypot(...row),
    );
    const { ids, cosines: values } = result.neighbours;
    expectExtremes({ ids, values }, cosines, 1);
    expect(result.decoderNorm).toBeCloseTo(Math.hypot(...row), 4);
    expect(result.encoderBias).toBeCloseTo(sae.encoderBias[7]!, 6);
    return undefined;
  });
});

it("names no token as raised that is lowered, with fewer tokens than were asked for", async () => {
  const [[folder, change]] = GOLDEN_RUNS as unknown as [[string, object]];
  const model = await loadChanged(await openFolder(folder), change as never);
  attach(model, "blocks.0.resid_post");
  const all = { sae: 1, latent: 7, k: 999 };
  const { promotes, suppresses } = await saeLatent(model, all, NEVER_CANCELLED);
  expect(promotes.values.every((value) => value > 0)).toBe(true);
  expect(suppresses.values.every((value) => value < 0)).toBe(true);
  const { dVocab } = model.config;
  expect(new Set([...promotes.ids, ...suppresses.ids]).size).toBe(dVocab);
});

it("says so where nothing reaches the stream by weights alone, and refuses what is not there", async () => {
  const [[folder, change]] = GOLDEN_RUNS as unknown as [[string, object]];
  const model = await loadChanged(await openFolder(folder), change as never);
  const site = sitesOf(model).find((one) => one.endsWith("ln2.normalized"))!;
  attach(model, site);
  const found = await saeLatent(model, { sae: 1, latent: 0, k: 2 }, NEVER_CANCELLED);
  expect(found.promotes.ids).toHaveLength(0);
  expect(found.norm).toContain("no direct effect");
  await expect(saeLatent(model, { sae: 1, latent: N, k: 1 }, NEVER_CANCELLED)).rejects.toThrow(/0 to 29/);
  await expect(saeLatent(model, { sae: 1, latent: 0, k: 0 }, NEVER_CANCELLED)).rejects.toThrow(
    /at least one/,
  );
});
