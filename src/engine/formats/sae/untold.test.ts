/**
 * Autoencoders as scripts save them: centring folded in, settings in the checkpoint, what is missing asked for, what is not
 * used named; and files told apart from models by what is in them. The numbers are those of `layouts.test.ts`.
 */
import { describe, expect, it } from "vitest";
import { decode, encode } from "../../sae/reference";
import { readReference } from "../../sae/readReference";
import { MissingFieldsError } from "../missingFields";
import { openModelFiles } from "../modelFiles";
import { fixture } from "../torch/torch.samples";
import type { FileSet } from "../bytes/source";
import { sampleCheckpoint, type SampleValue } from "../torch/stateDict.samples";
import { findSaes, openSae } from "./findSaes";
import { sortFiles } from "./sortFiles";
import {
  D,
  DICTIONARIES,
  ENCODER,
  DECODER,
  ENCODER_BIAS,
  json,
  DECODER_BIAS,
  N,
  NEW_CFG,
  openAi,
  saeLens,
  SAELENS_WEIGHTS,
  safetensors,
  matrix,
  vector,
  X,
} from "./sae.samples";

const MEAN = [0.5, -1, 2];
const STD = [2, 0.5, 1];

const tensor = (values: readonly number[]) => ({ shape: [values.length], values });
const checkpoint = (dict: Record<string, SampleValue>) => [sampleCheckpoint("sae.pt", dict)];

async function opened(files: FileSet, fields = {}) {
  const { saes, refused } = await findSaes(files, fields);
  if (refused[0]) throw refused[0].error;
  const file = await openSae(saes[0]!);
  const sae = await readReference(file);
  const code = encode(sae, X);
  return { ...file, latents: code.latents, y: decode(sae, code, { x: X }) };
}

/** By the definition: u = (x − m) / s, the autoencoder of u, and back. */
function byDefinition(k: number, mean: readonly number[], std: readonly number[]) {
  const u = X.map((x, i) => (x - mean[i]!) / std[i]!);
  const a = ENCODER.map(
    (row, l) => row.reduce((sum, w, i) => sum + w * (u[i]! - DECODER_BIAS[i]!), 0) + ENCODER_BIAS[l]!,
  );
  const kept = [...a.keys()].sort((i, j) => a[j]! - a[i]!).slice(0, k);
  const latents = a.map((value, l) => (kept.includes(l) ? Math.max(value, 0) : 0));
  const y = u.map((_, i) => {
    const inUnits = latents.reduce((sum, z, l) => sum + z * DECODER[l]![i]!, DECODER_BIAS[i]!);
    return inUnits * std[i]! + mean[i]!;
  });
  return { latents, y };
}

const close = (found: readonly number[], expected: readonly number[]) =>
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));

describe("centring", () => {
  const weights = Object.fromEntries(
    Object.entries(DICTIONARIES["AutoEncoderTopK"]!).filter(([name]) => name !== "k" && name !== "threshold"),
  );
  const dict = { state_dict: weights, cfg: { sae_type: "btk", k: 2, layer: 1 }, act_mean: tensor(MEAN) };

  it.each([
    ["a mean beside the weights", dict, [1, 1, 1]],
    ["a mean and deviations", { ...dict, act_std: tensor(STD) }, STD],
    [
      "a mean among the weights",
      { ...weights, k: { shape: [], values: [2], type: "int" as const }, activation_mean: tensor(MEAN) },
      [1, 1, 1],
    ],
  ])("is folded in: %s", async (_, saved, std) => {
    const found = await opened(checkpoint(saved));
    const expected = byDefinition(2, MEAN, std);
    close(found.latents, expected.latents);
    close(found.y, expected.y);
    expect(found.notes.join(" ")).toMatch(
      /trained on \(x − (act|activation)_mean\)( \/ act_std)?, which is folded/,
    );
  });

  it("of JumpReLU keeps its choice of latents, whose units are those of decoder rows before", async () => {
    const plain = DICTIONARIES["JumpReluAutoEncoder"]!;
    const saved = (extra: object) => checkpoint({ state_dict: plain, ...extra });
    const before = await opened(saved({ cfg: { sae_type: "jumprelu" } }));
    const shifted = await opened(
      saved({ cfg: { sae_type: "jumprelu" }, act_mean: tensor([0, 0, 0]), act_std: tensor(STD) }),
    );
    // The same as the plain one, asked about x / s.
    const sae = await readReference(before);
    const code = encode(
      sae,
      X.map((x, i) => x / STD[i]!),
    );
    close(shifted.latents, code.latents);
    close(
      shifted.y,
      decode(sae, code, { x: X }).map((y, i) => y * STD[i]!),
    );
  });

  it("also of a SAELens file, and refused where it acts together with another normalisation", async () => {
    const centred = [...SAELENS_WEIGHTS, vector("act_mean", MEAN)];
    const found = await opened(saeLens({ ...NEW_CFG, architecture: "topk", k: 2 }, centred));
    close(found.y, byDefinition(2, MEAN, [1, 1, 1]).y);
    await expect(
      opened(saeLens({ ...NEW_CFG, normalize_activations: "layer_norm" }, centred)),
    ).rejects.toThrow(/has act_mean, and .* is normalised by layerNorm/);
  });
});

describe("what is not used", () => {
  it("is named", async () => {
    const odd = [...SAELENS_WEIGHTS, vector("whatever", [1, 2])];
    expect((await opened(saeLens(NEW_CFG, odd))).notes).toEqual(["Not used here: whatever [2]."]);
    const { notes } = await opened(openAi());
    expect(notes.join()).toMatch(
      /Not used here: stats_last_nonzero \[4\], latents_activation_frequency \[4\]/,
    );
    const beside = { state_dict: DICTIONARIES["AutoEncoder"]!, final_loss: 3, cfg: {}, scale: tensor([2]) };
    expect((await opened(checkpoint(beside))).notes).toEqual(["Not used here: final_loss, scale."]);
  });
});

describe("without the trainer's config", () => {
  it.each([
    "AutoEncoder",
    "AutoEncoderNew",
    "GatedAutoEncoder",
    "MatryoshkaBatchTopKSAE",
    "JumpReluAutoEncoder",
  ])("%s is known by its tensors", async (name) => {
    const { description } = await opened(checkpoint(DICTIONARIES[name]!));
    expect(description).toMatchObject({ layout: "dictionary_learning", dIn: D, nLatents: N });
    expect(description.siteIn).toBeUndefined();
  });

  it("asks for the variant and k where the tensors leave them open", async () => {
    const { W_enc, W_dec, b_enc, b_dec } = DICTIONARIES["JumpReluAutoEncoder"]!;
    const bare = checkpoint({ W_enc: W_enc!, W_dec: W_dec!, b_enc: b_enc!, b_dec: b_dec! });
    const refused = await opened(bare).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(MissingFieldsError);
    const { report, message } = refused as MissingFieldsError;
    expect(report.wanted.map(({ name }) => name)).toEqual(["dict_class", "k"]);
    expect(message).toMatch(/--sae-config '\{"dict_class":"AutoEncoderTopK","k":1\}'/);
    const found = await opened(bare, {
      dict_class: "AutoEncoderTopK",
      k: 2,
      hook_name: "blocks.0.hook_resid_post",
    });
    close(found.latents, byDefinition(2, [0, 0, 0], [1, 1, 1]).latents);
    expect(found.description).toMatchObject({ activation: "topk", k: 2, siteIn: "blocks.0.resid_post" });
  });
});

describe("files on the page", () => {
  const sae = checkpoint(DICTIONARIES["AutoEncoder"]!);

  it("are sorted by what is in them", async () => {
    expect(await sortFiles(sae)).toEqual({ saes: ["sae.pt"], lenses: [], hasModel: false });
    expect(await sortFiles([fixture("hookedBare.pt")])).toEqual({ saes: [], lenses: [], hasModel: true });
    expect(await sortFiles([...saeLens(NEW_CFG), fixture("nanoGpt.pt")])).toMatchObject({ hasModel: true });
    const rest = [safetensors("sparsity.safetensors", [vector("sparsity", [1])]), json("LICENSE", {})];
    expect((await sortFiles([...saeLens(NEW_CFG), ...rest])).hasModel).toBe(false);
    // One that does not say what it is remains one.
    const untold = saeLens(NEW_CFG).slice(1);
    expect((await sortFiles(untold)).hasModel).toBe(false);
  });

  it("that are an autoencoder are never taken for a model, nor for a part of one", async () => {
    await expect(openModelFiles(sae)).rejects.toThrow("sae.pt is a sparse autoencoder and no model");
    const { weightFiles } = await openModelFiles([fixture("nanoGpt.pt"), ...sae]);
    expect(weightFiles.map(({ name }) => name)).toEqual(["nanoGpt.pt"]);
    const alone = safetensors("x.safetensors", [matrix("W_enc", DECODER), matrix("W_dec", ENCODER)]);
    await expect(openModelFiles([alone])).rejects.toThrow(/is a sparse autoencoder and no model/);
  });
});
