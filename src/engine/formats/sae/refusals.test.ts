/** What is not understood is refused by its name: file, field and cure. */
import { describe, expect, it } from "vitest";
import { isVitrineError, type VitrineErrorName } from "../../../protocol/errors";
import { sampleNpz, f4 } from "../bytes/npz.samples";
import { fileFromBytes, type FileSet } from "../bytes/source";
import { sampleCheckpoint } from "../torch/stateDict.samples";
import { findSaes, openSae, readSae } from "./findSaes";
import {
  DICTIONARIES,
  dictionaryLearning,
  GATED_WEIGHTS,
  gemmaScope,
  json,
  matrix,
  NEW_CFG,
  oneOfEach,
  openAi,
  saeLens,
  SAELENS_WEIGHTS,
  safetensors,
  scalar,
  sparsify,
  SPARSIFY_CFG,
  SPARSIFY_WEIGHTS,
  vector,
} from "./sae.samples";

const lens = (cfg: object, tensors = SAELENS_WEIGHTS) => saeLens({ ...NEW_CFG, ...cfg }, tensors);
const without = (name: string) => SAELENS_WEIGHTS.filter((tensor) => tensor.name !== name);
const CFG = "gpt2/blocks.8.hook_resid_pre/cfg.json";
const WEIGHTS = "gpt2/blocks.8.hook_resid_pre/sae_weights.safetensors";

/** Files, kind of error, what its sentence says. */
const REFUSED: Readonly<Record<string, readonly [FileSet, VitrineErrorName, readonly string[]]>> = {
  architecture: [
    lens({ architecture: "temporal" }),
    "Unsupported",
    [CFG, "architecture", "temporal", "known: standard"],
  ],
  normalisation: [
    lens({ normalize_activations: "l2" }),
    "Unsupported",
    [CFG, "normalize_activations", '"l2"', "known"],
  ],
  "a factor that is not there": [
    lens({ normalize_activations: "expected_average_only_in" }),
    ...(["Unsupported", [CFG, "factor is not in the file", "norm_scaling_factor"]] as const),
  ],
  "a transcoder that normalises": [
    lens({ architecture: "transcoder", apply_b_dec_to_input: false, normalize_activations: "layer_norm" }),
    ...(["Unsupported", ["normalize_activations", "does not undo"]] as const),
  ],
  "activation function": [
    lens({ activation_fn: "tanh-relu" }),
    "Unsupported",
    ["activation_fn", "tanh-relu", "relu"],
  ],
  "signed latents": [
    lens({ activation_fn: "topk", activation_fn_kwargs: { k: 1, signed: true } }),
    ...(["Unsupported", ["signed", "true"]] as const),
  ],
  "one head": [
    lens({ metadata: { ...NEW_CFG.metadata, hook_head_index: 3 } }),
    "Unsupported",
    ["hook_head_index is 3"],
  ],
  reshaping: [
    lens({ reshape_activations: "split" }),
    "Unsupported",
    ["reshape_activations", "known: none, hook_z"],
  ],
  "k that is missing": [lens({ architecture: "topk" }), "BadFile", ["k is missing", "add how many"]],
  "k beyond the latents": [lens({ architecture: "topk", k: 5 }), "BadFile", ["k is 5", "4 latents"]],
  "a width that does not fit": [lens({ d_in: 4 }), "BadFile", [CFG, "d_in is 4", "W_enc has 3"]],
  "a width that is none": [lens({ d_sae: "4" }), "BadFile", ["d_sae", "whole number"]],
  "a tensor too many": [
    lens({}, [...SAELENS_WEIGHTS, vector("b_gate", [0, 0, 0, 0])]),
    ...(["Unsupported", [WEIGHTS, "no tensor b_gate"]] as const),
  ],
  "a tensor too few": [
    lens({}, without("b_enc")),
    "BadFile",
    [WEIGHTS, "b_enc is missing", "check the architecture"],
  ],
  "a threshold too few": [lens({ architecture: "jumprelu" }), "BadFile", ["threshold is missing"]],
  "a shape": [
    lens({}, [...without("b_dec"), vector("b_dec", [1, 2])]),
    ...(["BadFile", [WEIGHTS, "b_dec has shape [2], expected [3]"]] as const),
  ],
  "a matrix of another rank": [
    lens({}, [...without("W_enc"), vector("W_enc", [1, 2])]),
    ...(["BadFile", ["W_enc has shape [2], expected [width, latents]"]] as const),
  ],
  "prefixes that fall": [lens({ matryoshka_widths: [3, 2] }), "BadFile", ["matryoshka_widths", "rising"]],
  "no config": [
    saeLens(NEW_CFG).slice(1),
    "BadFile",
    [`cfg.json not found beside ${WEIGHTS}`, "drop the folder"],
  ],
  "a config that is no JSON": [
    [fileFromBytes(CFG, Uint8Array.of(1, 2)), ...saeLens(NEW_CFG).slice(1)],
    ...(["BadFile", [CFG, "not valid JSON"]] as const),
  ],
  "another layout of the same names": [
    [safetensors("a/final.safetensors", [matrix("encoder.weight", [[1]]), matrix("decoder.weight", [[1]])])],
    ...(["Unsupported", ["no known layout", "sparsify"]] as const),
  ],
  groupmax: [
    sparsify({ ...SPARSIFY_CFG, activation: "groupmax" }),
    "Unsupported",
    ["groupmax", "known: topk"],
  ],
  "another embedding's skip": [
    sparsify({ ...SPARSIFY_CFG, embed_skip: true }),
    "Unsupported",
    ["embed_skip"],
  ],
  "a skip that is not there": [
    sparsify({ ...SPARSIFY_CFG, skip_connection: true }),
    "BadFile",
    ["W_skip is missing"],
  ],
  "a skip that should not be": [
    sparsify(SPARSIFY_CFG, [...SPARSIFY_WEIGHTS, matrix("W_skip", [[1]])]),
    ...(["Unsupported", ["no tensor W_skip"]] as const),
  ],
  "latents that do not fit": [
    sparsify({ ...SPARSIFY_CFG, num_latents: 0 }),
    "BadFile",
    ["num_latents is 96", "has 4"],
  ],
  "OpenAI's activation": [
    openAi({ activation: "Identity" }),
    "Unsupported",
    ["activation is", "Identity", "known"],
  ],
  "OpenAI's k": [openAi({ activation_state_dict: {} }), "BadFile", ["k of activation_state_dict is missing"]],
  "OpenAI's tensor": [
    openAi({ r_mag: { shape: [1], values: [1] } }),
    ...(["Unsupported", ["8.pt", "no tensor r_mag"]] as const),
  ],
  class: [
    dictionaryLearning("CrossCoder", {}, DICTIONARIES["AutoEncoder"]),
    "Unsupported",
    ["dict_class", "CrossCoder"],
  ],
  "k of weights and config": [
    dictionaryLearning("BatchTopKSAE", { k: 3 }),
    ...(["BadFile", ["k is 3", "k of the weights has 2"]] as const),
  ],
  groups: [
    dictionaryLearning(
      "MatryoshkaBatchTopKSAE",
      {},
      {
        ...DICTIONARIES["MatryoshkaBatchTopKSAE"],
        group_sizes: { shape: [2], values: [1, 2], type: "long" },
      },
    ),
    ...(["BadFile", ["group_sizes", "add up to 4"]] as const),
  ],
  "weights that do not say their variant": [
    dictionaryLearning("BatchTopKSAE").slice(1),
    ...([
      "MissingFields",
      ["pythia/trainer_0/ae.pt", "does not say dict_class", '"BatchTopKSAE", "AutoEncoderTopK"'],
    ] as const),
  ],
  "big-endian numbers": [
    [
      sampleNpz("p/params.npz", [
        { name: "W_enc", shape: [1, 1], bytes: f4([1]), descr: ">f4" },
        ...["b_enc", "b_dec", "threshold"].map((name) => ({
          name,
          shape: [1],
          bytes: f4([1]),
          descr: "<f4",
        })),
        { name: "W_dec", shape: [1, 1], bytes: f4([1]), descr: "<f4" },
      ]),
    ],
    ...(["Unsupported", ["W_enc has dtype >f4", "F64, F32"]] as const),
  ],
};

describe("refused", () => {
  it.each(Object.entries(REFUSED))("%s", async (_, [files, name, words]) => {
    const error = await readSae(files).then(
      () => expect.fail("it was opened"),
      (problem: unknown) => problem,
    );
    expect(isVitrineError(error, name), String(error)).toBe(true);
    for (const word of words) expect((error as Error).message).toContain(word);
    expect((error as Error).message.length).toBeLessThan(600);
  });

  it("factors that the config denies, when they are read", async () => {
    const { tensors } = await readSae(
      saeLens({ ...NEW_CFG, finetuning_scaling_factor: false }, [
        ...SAELENS_WEIGHTS,
        vector("scaling_factor", [1, 1, 1, 2]),
      ]),
    );
    await expect(tensors.decoder.rows().next()).rejects.toThrow(/scaling_factor is not 1/);
  });
});

describe("a folder", () => {
  it("of one autoencoder of each layout gives all of them", async () => {
    const { saes, refused } = await findSaes(oneOfEach());
    expect(refused).toEqual([]);
    expect(saes.map(({ about }) => about.layout).sort()).toEqual([
      ...["Gemma Scope", "OpenAI", "SAELens", "dictionary_learning", "sparsify"],
    ]);
    const hashes = await Promise.all(saes.map(openSae));
    expect(new Set(hashes.map(({ description }) => description.sha256)).size).toBe(5);
  });

  it("with one that cannot be used gives the others, and the reason", async () => {
    const bad = saeLens(
      { ...NEW_CFG, architecture: "gated" },
      GATED_WEIGHTS.filter(({ name }) => name !== "b_gate"),
      "b",
    );
    const { saes, refused } = await findSaes([...saeLens(NEW_CFG), ...bad]);
    expect(saes).toHaveLength(1);
    expect(refused.map(({ name }) => name)).toEqual(["b/sae_weights.safetensors"]);
    expect(refused[0]!.error.message).toMatch(/b_gate is missing/);
  });

  it("in order of the layers' numbers", async () => {
    const files = [10, 9, 2].flatMap((layer) =>
      sparsify(SPARSIFY_CFG, SPARSIFY_WEIGHTS, `run/layers.${layer}`),
    );
    const { saes } = await findSaes(files);
    expect(saes.map(({ about }) => about.siteIn)).toEqual(
      [2, 9, 10].map((layer) => `blocks.${layer}.resid_post`),
    );
    await expect(readSae(files)).rejects.toThrow(/There are 3 autoencoders .*choose one/);
  });

  it("with a model in it leaves the model alone", async () => {
    const model = safetensors("model.safetensors", [matrix("wte.weight", [[1, 2]]), scalar("x", 1)]);
    const checkpoint = sampleCheckpoint("pytorch_model.bin", { "wte.weight": { shape: [1], values: [1] } });
    const { saes, refused } = await findSaes([model, checkpoint, json("config.json", {}), ...gemmaScope()]);
    expect([saes.length, refused.length]).toEqual([1, 0]);
    await expect(readSae([model, json("config.json", {})])).rejects.toThrow(
      /No sparse autoencoder among model.safetensors, config.json/,
    );
  });

  it("knows files by content, whatever they are called", async () => {
    const [file] = gemmaScope({ path: "gemma-scope-2b-pt-res/layer_20/x/download" });
    expect((await readSae([file!])).description.layout).toBe("Gemma Scope");
  });
});
