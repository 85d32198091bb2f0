/** Latents ranked by what they do to a token, against the page of every latent: plain f64 loops over the weights. */
import { describe, expect, it } from "vitest";
import { siteLayer } from "../../../protocol/sites";
import { createCpuDevice } from "../../device/cpu";
import { attachRandom } from "../../interp/sae/attachRandom.samples";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { sitesOf } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { latentsByLogit } from "./saeByLogit";
import { apply, dot, expectExtremes, rows } from "../../interp/weights/directions.samples";

const SITES = ["resid_post", "attn_out", "mlp_out", "attn.z", "mlp.post"].map((name) => `blocks.0.${name}`);

describe.each(GOLDEN_RUNS)("%s %j", (folder, change) => {
  it.each(SITES)("is what the weights say at %s", async (siteIn) => {
    const model = await loadChanged(await openFolder(folder), change);
    if (!sitesOf(model).includes(siteIn)) return undefined;
    const { decoder, dOut, nLatents } = attachRandom(model, 1, { kind: "topk", siteIn });
    const { layers, finalNorm, unembed, indirect } = model.architecture.weightMap(model.config);
    if (indirect) {
      return expect(latentsByLogit(model, { sae: 1, token: 6, k: 3 })).rejects.toThrow(/no direct effect/);
    }
    const layer = layers[siteLayer(siteIn) ?? 0]!;
    const ways: Record<string, readonly [string, typeof finalNorm]> = {
      "attn.z": [layer.attentionOut, layer.attentionPostNorm],
      "mlp.post": [layer.mlp?.out ?? "", layer.mlp?.postNorm],
    };
    const [out, norm] = ways[siteIn.slice("blocks.0.".length)] ?? [];
    const [table, matrix] = [await rows(model, unembed), out ? await rows(model, out) : undefined];
    const effects: number[] = [];
    for (let latent = 0; latent < nLatents; latent++) {
      const row = [...decoder.subarray(latent * dOut, (latent + 1) * dOut)];
      const added = matrix
        ? await apply(
            model,
            norm,
            matrix.map((one) => dot(one, row)),
          )
        : row;
      const logits = await apply(model, finalNorm, added).then((w) => table.map((one) => dot(one, w)));
      effects.push(logits[6]! - logits.reduce((a, b) => a + b, 0) / logits.length);
    }
    const { ids, values } = await latentsByLogit(model, { sae: 1, token: 6, k: 3 });
    expect(ids).toHaveLength(6);
    expectExtremes({ ids: ids.slice(0, 3), values: values.slice(0, 3) }, effects, 1);
    expectExtremes({ ids: ids.slice(3), values: values.slice(3) }, effects, -1);
    return undefined;
  });
});

const SITE = "blocks.0.resid_post";

it("lists no latent twice, none for what it does not do", async () => {
  const model = randomGpt2(await createCpuDevice());
  const plain = attachRandom(model, 1, { kind: "relu", siteIn: SITE });
  const { ids, values } = await latentsByLogit(model, { sae: 1, token: 6, k: 99 });
  expect([...ids].sort((a, b) => a - b)).toEqual([...plain.threshold.keys()]);
  const raised = values.filter((value) => value > 0).length;
  values
    .subarray(0, raised)
    .forEach((value, i, all) => expect(value).toBeLessThanOrEqual(all[i - 1] ?? value));
});

it("says where there is no direct way to the logits, and what is not there", async () => {
  const model = randomGpt2(await createCpuDevice());
  attachRandom(model, 1, { kind: "relu", siteIn: "blocks.1.ln2.normalized" });
  attachRandom(model, 2, { kind: "relu", siteIn: SITE });
  await expect(latentsByLogit(model, { sae: 1, token: 1, k: 1 })).rejects.toMatchObject({
    name: "Unsupported",
    message: expect.stringMatching(/blocks\.1\.ln2\.normalized.*no direct effect/),
  });
  await expect(latentsByLogit(model, { sae: 2, token: 13, k: 1 })).rejects.toThrow(/ids 0 to 12/);
  await expect(latentsByLogit(model, { sae: 2, token: 1, k: 0 })).rejects.toThrow(/at least one/);
  await expect(latentsByLogit(model, { sae: 3, token: 1, k: 1 })).rejects.toThrow(/No autoencoder 3/);
});
