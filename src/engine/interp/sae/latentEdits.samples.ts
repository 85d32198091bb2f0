/** What changes of latents must do, on any device: run by a unit test and by one on WebGPU. */
import { expect, it } from "vitest";
import type { Intervention, LatentChange } from "../../../protocol/interventions";
import type { SaeDescription } from "../../../protocol/sae/sae";
import type { Site } from "../../../protocol/sites";
import type { Device } from "../../device/device";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { editLatents } from "../../ops/latentEdits";
import { randomSae, slowPass, uploadSae, type PlainSae } from "../../ops/sae.samples";
import { run } from "../pass/runRows";

const TOKENS = [3, 1, 4, 1, 5, 9];
const D = 8;
const SITE = "blocks.0.resid_post";

function attach(model: Model, id: number, sae: PlainSae, siteIn: Site, siteOut: Site): void {
  const description = { name: `sae ${id}`, nLatents: sae.nLatents } as SaeDescription;
  model.saes.set(id, {
    description,
    siteIn,
    siteOut,
    weights: uploadSae(model.memory.device, sae),
    editLatents,
    free: () => undefined,
  });
}

async function capture(model: Model, interventions: readonly Intervention[], sites: readonly Site[]) {
  const { captures } = await run(model, { rows: [{ tokens: TOKENS, interventions }], capture: sites });
  return captures.map(({ data }) => data);
}
const logits = async (model: Model, ...interventions: Intervention[]) =>
  (await capture(model, interventions, ["logits"]))[0]!;

const change = (changes: LatentChange["changes"], fields: Partial<LatentChange> = {}): LatentChange => ({
  ...{ kind: "latents", sae: 1, changes, error: "kept" },
  ...fields,
});
const one = (latent: number, op: LatentChange["changes"][number]["op"], amount = 0) => ({
  latent,
  op,
  amount,
});

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN))).toBeLessThan(tolerance);
  }
}

const KINDS = ["topk", "relu", "jumprelu", "gated"] as const;

export function latentEditTests(open: () => Device): void {
  const sized = { dIn: D, dOut: D, nLatents: 24 };
  const make = (kind: PlainSae["kind"], siteIn: Site = SITE, siteOut: Site = SITE) => {
    const model = randomGpt2(open());
    const sae = randomSae(sized, kind, { k: 5, inputBias: true, input: { scheme: "layerNorm", eps: 1e-5 } });
    attach(model, 1, sae, siteIn, siteOut);
    return { model, sae };
  };

  it.each(KINDS)("%s: latents that stay what they are change no bit", async (kind) => {
    const { model } = make(kind);
    const before = await logits(model);
    expect(await logits(model, change([one(3, "scale", 1), one(9, "add", 0)]))).toEqual(before);
    expect(await logits(model, change([]))).toEqual(before);
  });

  it.each(KINDS)("%s: changes act as their arithmetic says, at their positions", async (kind) => {
    const { model, sae } = make(kind);
    const [x] = await capture(model, [], [SITE]);
    const changes = [one(3, "ablate"), one(7, "clamp", 2), one(11, "scale", 3), one(20, "add", 1.5)];
    const positions = [1, 2, 5];
    for (const error of ["kept", "dropped"] as const) {
      const [now] = await capture(model, [change(changes, { positions, error })], [SITE]);
      const expected = TOKENS.flatMap((_, position) => {
        const row = [...x!.subarray(position * D, (position + 1) * D)];
        if (!positions.includes(position)) return row;
        const after = slowPass(sae, row, (z) => {
          const changed = [...z];
          for (const { latent, op, amount } of changes) {
            const before = z[latent]!;
            changed[latent] = { ablate: 0, clamp: amount, scale: before * amount, add: before + amount }[op];
          }
          return changed;
        }).y;
        const { y } = slowPass(sae, row);
        return error === "dropped" ? after : row.map((value, i) => value + after[i]! - y[i]!);
      });
      expectClose(now!, expected);
    }
  });

  it("puts the reconstruction in place where nothing but the error term goes", async () => {
    const { model, sae } = make("topk");
    const [x] = await capture(model, [], [SITE]);
    const [now] = await capture(model, [change([], { error: "dropped" })], [SITE]);
    const expected = TOKENS.flatMap((_, position) => {
      return slowPass(sae, [...x!.subarray(position * D, (position + 1) * D)]).y;
    });
    expectClose(now!, expected);
  });

  it("keeps the order of the stack", async () => {
    const model = randomGpt2(open());
    attach(model, 1, randomSae(sized, "relu"), SITE, SITE);
    const zero: Intervention = { kind: "affine", site: SITE, keep: 0 };
    const first = await logits(model, zero, change([one(4, "add", 2)]));
    const last = await logits(model, change([one(4, "add", 2)]), zero);
    expect(last).toEqual(await logits(model, zero));
    expect(first).not.toEqual(last);
  });

  it("changes a transcoder's latents where it writes, as it reads", async () => {
    const { model, sae } = make("topk", "blocks.1.ln2.normalized", "blocks.1.mlp_out");
    const [x, y] = await capture(model, [], ["blocks.1.ln2.normalized", "blocks.1.mlp_out"]);
    const row = [...x!.subarray(0, D)];
    const { latents: z, y: all } = slowPass(sae, row);
    const latent = z.findIndex((value) => value > 0);
    const [now] = await capture(
      model,
      [change([one(latent, "ablate")], { positions: [0] })],
      ["blocks.1.mlp_out"],
    );
    const { y: rest } = slowPass(sae, row, (latents) => latents.map((v, i) => (i === latent ? 0 : v)));
    const expected = Array.from(y!, (value, i) => (i < D ? value + rest[i]! - all[i]! : value));
    expectClose(now!, expected);
  });

  it("keeps rows of a batch apart, and several autoencoders at one site", async () => {
    const { model } = make("topk");
    attach(model, 2, randomSae({ ...sized, nLatents: 40 }, "relu"), SITE, SITE);
    const stacks: Intervention[][] = [
      [],
      [change([one(2, "clamp", 3)])],
      [change([one(33, "clamp", 3)], { sae: 2 }), change([one(2, "add", 1)])],
      [change([one(2, "clamp", 3)], { error: "dropped" })],
    ];
    const rows = stacks.map((interventions) => ({ tokens: TOKENS, interventions }));
    const { captures } = await run(model, { rows, capture: ["logits"] });
    for (const [i, stack] of stacks.entries()) {
      expect(captures[i]?.data).toEqual(await logits(model, ...stack));
    }
  });

  it("refuses what is not there", async () => {
    const { model } = make("topk");
    await expect(logits(model, change([one(24, "ablate")]))).rejects.toThrow(/latents 0 to 23/);
    await expect(logits(model, change([one(1, "ablate"), one(1, "add")]))).rejects.toThrow(/twice/);
    await expect(logits(model, change([], { sae: 9 }))).rejects.toThrow(/No autoencoder 9/);
  });
}
