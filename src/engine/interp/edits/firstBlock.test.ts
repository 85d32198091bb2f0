import { expect, it } from "vitest";
import type { Intervention } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { randomGpt2 } from "../../models/randomModel";
import { attachRandom } from "../sae/attachRandom.samples";
import { firstBlock } from "./firstBlock";

const model = randomGpt2(await createCpuDevice(), { n_layer: 6 });
attachRandom(model, 1, { kind: "relu", siteIn: "blocks.1.ln2.normalized", siteOut: "blocks.3.mlp_out" });
attachRandom(model, 2, { kind: "relu", siteIn: "blocks.3.ln2.normalized", siteOut: "blocks.4.mlp_out" });

const at = (site: string): Intervention => ({ kind: "affine", site, keep: 0 });
const latents = (sae: number): Intervention => ({ kind: "latents", sae, changes: [], error: "kept" });

it("is that of the lowest site which changes", () => {
  expect(firstBlock(model, [at("blocks.4.attn.z"), at("blocks.2.resid_post")], [])).toBe(2);
  expect(firstBlock(model, [at("blocks.5.resid_pre"), { kind: "knockOut", layer: 3 }], [])).toBe(3);
  expect(firstBlock(model, [at("logits")], [])).toBe(5);
  expect(firstBlock(model, [], [])).toBe(5);
});

it("is the whole pass where embeddings change", () => {
  expect(firstBlock(model, [at("blocks.4.attn.z"), at("pos_embed")], [])).toBe(0);
});

it("is where a transcoder reads that writes further on, of the change or of what both have", () => {
  expect(firstBlock(model, [latents(1)], [])).toBe(1);
  expect(firstBlock(model, [at("blocks.3.resid_pre")], [latents(1)])).toBe(1);
  expect(firstBlock(model, [at("blocks.1.resid_pre")], [latents(1)])).toBe(1);
  expect(firstBlock(model, [at("blocks.4.resid_pre")], [latents(1)])).toBe(4);
  // The second begins in the middle of the first.
  expect(firstBlock(model, [at("blocks.4.resid_pre")], [latents(1), latents(2)])).toBe(1);
});
