/** Gradients through changes of latents of attached autoencoders: every kind, error term kept and dropped, against slopes. */
import { describe, expect, it } from "vitest";
import type { ScalarTerm } from "../../../protocol/gradients/gradients";
import type { LatentChange } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { randomGpt2 } from "../../models/randomModel";
import { run } from "../pass/runRows";
import { attachRandom, type RandomSae } from "../sae/attachRandom.samples";
import { gradients } from "./gradients";
import { expectSlope } from "./slopes.samples";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const LAST: ScalarTerm = { kind: "logProb", row: 0, position: 7, target: 3 };
const SITE = "blocks.0.resid_post";
const MLP = { siteIn: "blocks.1.ln2.normalized", siteOut: "blocks.1.mlp_out" };

const CHANGES: LatentChange["changes"] = [
  ...Array.from({ length: 8 }, (_, i) => ({ latent: i, op: "ablate" as const, amount: 0 })),
  ...Array.from({ length: 8 }, (_, i) => ({ latent: 8 + i, op: "scale" as const, amount: 2.5 })),
  { latent: 16, op: "clamp", amount: 1.5 },
  { latent: 17, op: "add", amount: 2 },
];
const change = (error: LatentChange["error"]): LatentChange => {
  return { kind: "latents", sae: 1, changes: CHANGES, error, positions: [1, 2, 5, 6, 7] };
};

const SAES: [string, Omit<RandomSae, "siteIn"> & { readonly siteIn?: string }][] = [
  ["TopK", { kind: "topk" }],
  ["ReLU in halves", { kind: "relu", options: { precision: "f16" } }],
  [
    "JumpReLU of a rescaled input",
    { kind: "jumprelu", options: { input: { scheme: "rescale", factor: 2.5 } } },
  ],
  ["gated", { kind: "gated" }],
  ["a transcoder", { kind: "relu", ...MLP }],
  ["a skip transcoder", { kind: "topk", ...MLP, options: { skip: true } }],
];

describe.each(SAES)("%s", (_, asked) => {
  it.each(["kept", "dropped"] as const)("has the slope of the edited model, error term %s", async (error) => {
    const model = randomGpt2(await createCpuDevice());
    attachRandom(model, 1, { siteIn: SITE, ...asked });
    const rows = [{ tokens: TOKENS, interventions: [change(error)] }];
    const scalars = [[LAST], [{ ...LAST, position: 5, target: 9 }]];
    // Small steps: the choice of active latents has no slope, and a long one changes it.
    for (const site of ["embed", "blocks.0.attn_out", "blocks.1.resid_mid"].slice(0, asked.siteIn ? 3 : 2)) {
      await expectSlope(model, { rows, scalars }, site, { h: 0.002, tolerance: 1e-2 });
    }
    const { gradients: edited } = await gradients(model, { rows, scalars, sites: ["embed"] });
    const { gradients: plain } = await gradients(model, {
      rows: [{ tokens: TOKENS }],
      scalars,
      sites: ["embed"],
    });
    expect(edited[0]!.data).not.toEqual(plain[0]!.data);
  });
});

it("changes no gradient where latents stay what they are", async () => {
  const model = randomGpt2(await createCpuDevice());
  attachRandom(model, 1, { siteIn: SITE, kind: "relu" });
  const same: LatentChange = { ...change("kept"), changes: [{ latent: 3, op: "scale", amount: 1 }] };
  const at = async (interventions: LatentChange[]) =>
    gradients(model, {
      rows: [{ tokens: TOKENS, interventions }],
      scalars: [[LAST]],
      sites: ["embed", SITE],
    });
  expect((await at([same])).gradients).toEqual((await at([])).gradients);
});

it("refuses what it has no pullback for", async () => {
  const model = randomGpt2(await createCpuDevice());
  const ask = (sae: RandomSae) => {
    attachRandom(model, 1, sae);
    const rows = [{ tokens: TOKENS, interventions: [change("kept")] }];
    return gradients(model, { rows, scalars: [[LAST]], sites: ["embed"] });
  };
  const standardised: RandomSae["options"] = { input: { scheme: "layerNorm", eps: 1e-5 } };
  await expect(ask({ siteIn: SITE, kind: "relu", options: standardised })).rejects.toThrow(
    /normalises every row/,
  );
  await expect(
    ask({ siteIn: "blocks.0.mlp_out", siteOut: "blocks.1.mlp_out", kind: "relu" }),
  ).rejects.toThrow(/reads blocks\.0\.mlp_out and writes blocks\.1\.mlp_out/);
  // What it can't go back through, it can still run.
  const { scores } = await run(model, {
    rows: [{ tokens: TOKENS }],
    score: [{ row: 0, position: 7, target: 3 }],
  });
  expect(scores[0]).toBeLessThan(0);
  expect(model.memory.tape).toBeUndefined();
});
