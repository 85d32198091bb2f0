/** Cuts: the gradient is that of a model which is given from outside what passes there, but for a skip path around the cut. */
import { beforeAll, expect, it } from "vitest";
import type { ScalarTerm } from "../../../protocol/gradients/gradients";
import type { Intervention } from "../../../protocol/interventions";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import { loadChanged, openFolder } from "../../models/golden.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { run } from "../pass/runRows";
import { attachRandom } from "../sae/attachRandom.samples";
import { gradients } from "./gradients";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const LAST: ScalarTerm = { kind: "logProb", row: 0, position: 7, target: 3 };
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

const CUTS = [["blocks.0.mlp_out"], ["blocks.0.mlp_out", "blocks.1.mlp_out"], ["blocks.1.resid_mid"]];
const OTHERS = [["blocks.0.resid_post"], ["blocks.1.resid_pre"], ["blocks.1.attn_out", "embed"]];

it.each(["gpt2", "llama", "gpt_neox", "gemma2"])("%s: is that of given values", async (folder) => {
  const on = folder === "gpt2" ? model : await loadChanged(await openFolder(folder), {});
  const cutsOf = folder === "gpt_neox" ? [...CUTS.slice(0, 2), ...OTHERS] : [...CUTS, ...OTHERS];
  for (const sites of cutsOf) {
    const { captures } = await run(on, { rows: [{ tokens: TOKENS }], capture: sites });
    const interventions = captures.map(({ site, data }): Intervention => {
      const valuePositions = TOKENS.map((_, i) => i);
      return { kind: "affine", site, keep: 0, values: Float32Array.from(data), valuePositions };
    });
    const asked = { scalars: [[LAST]], sites: ["embed", "blocks.0.attn_out", ...sites] };
    const given = await gradients(on, { ...asked, rows: [{ tokens: TOKENS, interventions }] });
    const cuts = sites.map((site) => ({ site }));
    const found = await gradients(on, { ...asked, rows: [{ tokens: TOKENS }], cuts });
    found.gradients.forEach(({ data, site }, i) => {
      const bound = 1e-5 * largest(given.gradients[i]!.data) + 1e-9;
      data.forEach((value, n) =>
        expect(Math.abs(value - given.gradients[i]!.data[n]!), site).toBeLessThan(bound),
      );
    });
    // At the cut itself there is a gradient, before a cut of the stream there is none.
    expect(largest(found.gradients.at(-1)!.data)).toBeGreaterThan(0);
    if (/resid/.test(sites[0]!)) expect(largest(found.gradients[0]!.data)).toBe(0);
  }
});

it("reads scalars before a cut, and gradients behind it", async () => {
  const site = "blocks.0.resid_post";
  const read: ScalarTerm = { kind: "site", site, row: 0, position: 6, values: noise(8, 3) };
  const asked = { rows: [{ tokens: TOKENS }], scalars: [[read], [LAST]], sites: ["embed", site] };
  const free = await gradients(model, asked);
  const cut = await gradients(model, { ...asked, cuts: [{ site }] });
  expect(cut.values[0]).toBe(free.values[0]);
  expect(cut.gradients[0]!.data).toEqual(free.gradients[0]!.data);
  expect(largest(cut.gradients[1]!.data)).toBe(0);
  expect(largest(cut.gradients[2]!.data)).toBe(0);
  expect(cut.gradients[3]!.data).toEqual(free.gradients[3]!.data);
});

it("goes around a cut by a skip transcoder's own matrix", async () => {
  const [siteIn, siteOut] = ["blocks.1.ln2.normalized", "blocks.1.mlp_out"];
  const plain = attachRandom(model, 1, { kind: "relu", siteIn, siteOut, options: { skip: true } });
  const asked = { rows: [{ tokens: TOKENS }], scalars: [[LAST]], sites: [siteIn, siteOut] };
  const { gradients: blocked } = await gradients(model, { ...asked, cuts: [{ site: siteOut }] });
  expect(largest(blocked[0]!.data)).toBe(0);
  const { gradients: found } = await gradients(model, { ...asked, cuts: [{ site: siteOut, skip: 1 }] });
  expect(found[1]!.data).toEqual(blocked[1]!.data);
  for (let n = 0; n < 64; n++) {
    const [position, i] = [Math.floor(n / 8), n % 8];
    let sum = 0;
    for (let o = 0; o < 8; o++) sum += found[1]!.data[position * 8 + o]! * plain.skip![o * 8 + i]!;
    expect(found[0]!.data[n]).toBeCloseTo(sum, 5);
  }
  expect(largest(found[0]!.data)).toBeGreaterThan(1e-3);
});

it("refuses what cannot be cut", async () => {
  const ask = (site: string, skip?: number) =>
    gradients(model, {
      ...{ rows: [{ tokens: TOKENS }], scalars: [[LAST]], sites: ["embed"] },
      cuts: [{ site, ...(skip !== undefined && { skip }) }],
    });
  attachRandom(model, 2, { kind: "relu", siteIn: "blocks.0.resid_mid", siteOut: "blocks.0.mlp_out" });
  await expect(ask("blocks.0.attn.q")).rejects.toThrow("cannot end at blocks.0.attn.q");
  await expect(ask("blocks.0.mlp_out", 2)).rejects.toThrow("no skip path that writes blocks.0.mlp_out");
});
