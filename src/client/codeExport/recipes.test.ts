/** Recipes: the names that the libraries use, the loops of a sweep, and edits in the order of their stack. */
import { describe, expect, it } from "vitest";
import type { SweepResult } from "../../protocol/analysis";
import type {
  AttributionPatchingRequest,
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../protocol/gradients/attributions";
import { allSites } from "../../protocol/sites";
import type { Edit } from "../../protocol/interventions";
import { nnsightRecipe } from "./nnsight";
import { moduleView } from "./nnsightModules";
import { sitesOfEdit } from "./pythonEdits";
import type { RecipeModel } from "./recipe";
import { bridgeName } from "./bridgeSites";
import { askExpected, cellsInOrder } from "./expectedNumbers";
import { hookedTransformerRecipe } from "./hookedTransformer";
import { transformerLensRecipe } from "./transformerLens";

const MODEL: RecipeModel = {
  name: "ledger",
  sha256: "ab".repeat(32),
  architecture: "gpt2",
  precision: "f16",
  ...{ nLayers: 2, nHeads: 4, nKvHeads: 4, dHead: 24 },
  sites: allSites(2),
};
const DONOR = { text: "Ann has\n7", tokens: [0, 1, 9, 3] };
const edit = (fields: object) => ({ id: "e", on: true, strength: 1, ...fields }) as unknown as Edit;
const prompt = (...edits: Edit[]) => ({ tokens: [0, 1, 2, 3], edits });

it("freezes the norms that the model has", () => {
  const frozen = edit({ kind: "freeze", what: "norms", layers: [1] });
  expect(sitesOfEdit(frozen, MODEL)).toEqual(
    ["ln1", "ln1_post", "ln2", "ln2_post"].map((norm) => `blocks.1.${norm}.scale`),
  );
  const plain = { ...MODEL, sites: MODEL.sites.filter((site) => !site.includes("_post.scale")) };
  expect(sitesOfEdit({ ...frozen, layers: undefined } as unknown as Edit, plain).sort()).toEqual([
    "blocks.0.ln1.scale",
    "blocks.0.ln2.scale",
    "blocks.1.ln1.scale",
    "blocks.1.ln2.scale",
    "ln_final.scale",
  ]);
});

describe("modules of transformers", () => {
  it("are found by architecture, or there is none", () => {
    expect(moduleView(MODEL, "blocks.1.attn.z")).toBe("heads_of(model.transformer.h[1].attn.c_proj.input)");
    const llama = { architecture: "llama" };
    expect(moduleView(llama, "blocks.0.attn.k")).toBe(
      "heads_of(model.model.layers[0].self_attn.k_proj.output)",
    );
    expect(moduleView(llama, "blocks.0.mlp.post")).toBe("model.model.layers[0].mlp.down_proj.input");
    expect(moduleView({ architecture: "gpt_neox" }, "blocks.0.resid_mid")).toBeUndefined();
    expect(moduleView({ architecture: "gpt_neox" }, "pos_embed")).toBeUndefined();
    expect(moduleView(MODEL, "blocks.0.attn.pattern")).toBeUndefined();
    expect(moduleView({ architecture: "hooked_transformer" }, "embed")).toBeUndefined();
  });

  it.each([
    ["gemma", "embed", "model.model.layers[0].input"],
    [
      "phi3",
      "blocks.1.attn.k",
      "heads_of(model.model.layers[1].self_attn.qkv_proj.output)[:, :, model.config.num_attention_heads:-model.config.num_key_value_heads]",
    ],
    [
      "phi3",
      "blocks.1.mlp.pre_linear",
      "first(model.model.layers[1].mlp.gate_up_proj.output).chunk(2, dim=-1)[1]",
    ],
    ["olmo2", "blocks.0.ln1.normalized", undefined],
    ["olmo2", "blocks.0.attn.q", "heads_of(model.model.layers[0].self_attn.q_norm.output)"],
    ["olmo2", "blocks.0.attn_out", "first(model.model.layers[0].post_attention_layernorm.output)"],
    ["olmo2", "blocks.0.resid_mid", "model.model.layers[0].mlp.input"],
    ["starcoder2", "blocks.0.mlp.post", "model.model.layers[0].mlp.c_proj.input"],
  ])("of %s: %s", (architecture, site, view) => {
    expect(moduleView({ architecture }, site)).toBe(view);
  });
});

describe("modules that lie elsewhere", () => {
  const at = (site: string, architecture: string, more = {}) =>
    moduleView({ architecture, ...more }, site)?.replaceAll(/\bmodel\.[\w.]*(h|layers)\[0\]/g, "BLOCK");

  it("of GPT-J: separate projections, one norm, no positions", () => {
    expect(at("blocks.0.attn.q", "gptj")).toBe("heads_of(BLOCK.attn.q_proj.output)");
    expect(at("blocks.0.mlp.post", "gptj")).toBe("BLOCK.mlp.fc_out.input");
    expect(["pos_embed", "blocks.0.resid_mid"].map((site) => at(site, "gptj"))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("of BLOOM: what sublayers add, not the sum that they give", () => {
    expect(at("embed", "bloom")).toBe("model.transformer.word_embeddings_layernorm.output");
    expect(at("blocks.0.attn.k", "bloom")).toBe(
      "heads_of(BLOCK.self_attention.query_key_value.output, 3 * D_HEAD)[..., 1 * D_HEAD : 2 * D_HEAD]",
    );
    expect(at("blocks.0.attn_out", "bloom")).toBe("first(BLOCK.self_attention.dense.output)");
    expect(at("blocks.0.mlp_out", "bloom")).toBe("first(BLOCK.mlp.dense_4h_to_h.output)");
  });

  it("of GPT-BigCode: one key and one value behind the queries, or three parts to a head", () => {
    const multi = { nHeads: 4, nKvHeads: 1 };
    expect(at("blocks.0.attn.q", "gpt_bigcode", multi)).toBe("heads_of(BLOCK.attn.c_attn.output)[:, :, :-2]");
    expect(at("blocks.0.attn.v", "gpt_bigcode", multi)).toBe("heads_of(BLOCK.attn.c_attn.output)[:, :, -1:]");
    expect(at("blocks.0.attn.v", "gpt_bigcode", { nHeads: 4, nKvHeads: 4 })).toBe(
      "heads_of(BLOCK.attn.c_attn.output, 3 * D_HEAD)[..., 2 * D_HEAD : 3 * D_HEAD]",
    );
  });

  it("of OPT: an MLP that may see all tokens in one row, and norms before or behind", () => {
    expect(at("pos_embed", "opt")).toBe("model.model.decoder.embed_positions.output");
    expect(at("blocks.0.mlp.post", "opt")).toBe("BLOCK.fc2.input[None].flatten(0, -3)");
    expect(at("blocks.0.resid_mid", "opt")).toBe("BLOCK.final_layer_norm.input[None].flatten(0, -3)");
    const last = { sites: ["blocks.0.ln1_post.scale"] };
    expect(at("blocks.0.resid_mid", "opt", last)).toBe("BLOCK.self_attn_layer_norm.output");
    expect(at("embed", "opt", last)).toBe("model.model.decoder.project_in.output");
  });
});

describe("a stack of edits", () => {
  const stack = prompt(
    edit({ kind: "zero", site: "attn.z", layers: [1], heads: [2] }),
    edit({ kind: "zero", site: "mlp_out", on: false }),
    edit({
      kind: "patch",
      site: "resid_pre",
      from: DONOR,
      align: "position",
      positions: { from: 2 },
      strength: 0.5,
    }),
    edit({ kind: "token", position: 2, token: 7, text: "x" }),
    edit({ kind: "knockOut", layers: [0], queries: [3], keys: [1] }),
  );

  it("is written out in order for TransformerLens, without those that are off", () => {
    const now = transformerLensRecipe(MODEL, { kind: "edits", prompt: stack, position: 3 });
    expect(now).toContain("from transformer_lens.model_bridge import TransformerBridge");
    expect(now).toContain(
      "TransformerBridge.boot_transformers(MODEL, revision=REVISION, dtype=torch.float32",
    );
    expect(now).not.toMatch(/HookedTransformer|^model\.enable_compatibility_mode/m);
    expect(now).toContain(`SITES_1 = ["blocks.1.attn.o.hook_in"]`);
    expect(now).toContain(`SITES_2 = ["blocks.0.hook_in", "blocks.1.hook_in"]`);
    const text = hookedTransformerRecipe(MODEL, { kind: "edits", prompt: stack, position: 3 });
    expect(text).toContain("HookedTransformer.from_pretrained_no_processing(MODEL, dtype=torch.float32");
    expect(text).toContain(`"transformer-lens==2.16.1"`);
    expect(text).toContain("BASE_TOKENS = [0, 1, 2, 3]");
    expect(text).toContain("TOKENS = [0, 1, 7, 3]");
    expect(text).toContain(`SITES_1 = ["blocks.1.attn.hook_z"]`);
    expect(text).toContain("return put(x, torch.zeros_like(x), 1, chosen(x, site, heads=[2]))");
    expect(text).toContain(`SITES_2 = ["blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre"]`);
    expect(text).toContain("OTHER_2 = read([0, 1, 9, 3], SITES_2)");
    expect(text).toContain("return put(x, value, 0.5, chosen(x, site, positions=slice(2, None)))");
    expect(text).toContain(`SITES_3 = ["blocks.0.attn.hook_attn_scores"]`);
    expect(text).toMatch(/EDITS = \[\(site, edit_1\).+ \+ \[\(site, edit_2\).+ \+ \[\(site, edit_3\)/);
    expect(text).not.toContain("mlp_out");
    // A text never leaves its comment.
    expect(text).toContain("# From “Ann has 7”");
  });

  it("says what transformers has no module for", () => {
    const text = nnsightRecipe(MODEL, { kind: "edits", prompt: stack, position: 3 });
    expect(text).toContain(`"blocks.1.attn.z": lambda: heads_of(model.transformer.h[1].attn.c_proj.input),`);
    expect(text).toContain(`MISSING = ["blocks.0.attn.scores"]`);
    expect(
      nnsightRecipe(
        { ...MODEL, architecture: "hooked_transformer" },
        { kind: "edits", prompt: stack, position: 3 },
      ),
    ).toBeUndefined();
  });
});

describe("a sweep", () => {
  it("is a list of cells, one run each", () => {
    const request = {
      prompt: prompt(),
      position: 3,
      axes: { kind: "layerPosition", site: "resid_pre", positions: [0, 1, 2, 3] },
      change: { kind: "patch", from: DONOR },
      metric: { kind: "logitDifference", target: 5, minus: 6 },
    } as const;
    const text = transformerLensRecipe(MODEL, { kind: "sweep", requests: [request] });
    expect(text).toContain(
      `CELLS = [(f"layer {layer}, position {position}", f"blocks.{layer}.hook_in", dict(positions=[position])) for layer in range(2) for position in [0, 1, 2, 3]]`,
    );
    expect(text).toContain("OTHER_TOKENS = [0, 1, 9, 3]");
    expect(text).toContain("return (logits[POSITION, 5] - logits[POSITION, 6]).item()");
    const heads = {
      ...request,
      axes: { kind: "layerHead", site: "attn.v" },
      change: { kind: "zero" },
    } as const;
    const zeros = nnsightRecipe({ ...MODEL, nKvHeads: 2 }, { kind: "sweep", requests: [heads] });
    expect(zeros).toContain(
      `f"blocks.{layer}.attn.v", dict(heads=[head])) for layer in range(2) for head in range(2)]`,
    );
  });
});

describe("a capture", () => {
  it("names its sites", () => {
    const text = transformerLensRecipe(MODEL, {
      kind: "capture",
      prompts: [prompt()],
      sites: allSites(2).filter((site) => site.endsWith("attn.z")),
    });
    expect(text).toContain(`SITES = ["blocks.0.attn.o.hook_in", "blocks.1.attn.o.hook_in"]`);
    expect(text).toContain("for site, x in read(TOKENS, SITES, EDITS).items():");
  });
});

describe("the names of TransformerLens 4", () => {
  const gemma = MODEL.sites;
  const gpt2 = {
    ...MODEL,
    sites: MODEL.sites.filter((site) => !/_post\.scale|pre_linear/.test(site)),
  };

  it("are those of modules, whatever the architecture has", () => {
    expect(bridgeName("blocks.1.mlp.pre", gpt2)).toBe("blocks.1.mlp.in.hook_out");
    expect(bridgeName("blocks.1.mlp.pre", { sites: gemma })).toBe("blocks.1.mlp.gate.hook_out");
    expect(bridgeName("blocks.1.attn_out", gpt2)).toBe("blocks.1.attn.hook_out");
    expect(bridgeName("blocks.1.attn_out", { sites: gemma })).toBe("blocks.1.ln1_post.hook_out");
    expect(bridgeName("ln_final.normalized", gpt2)).toBe("ln_final.hook_out");
    expect(bridgeName("blocks.0.ln2.scale", gpt2)).toBe("blocks.0.ln2.hook_scale");
    expect(bridgeName("blocks.{layer}.mlp.post", gpt2)).toBe("blocks.{layer}.mlp.out.hook_in");
  });

  it("are one name a site, and all of them end in a hook", () => {
    for (const sites of [gemma, gpt2.sites]) {
      const names = sites.map((site) => bridgeName(site, { sites }));
      expect(new Set(names).size).toBe(sites.length);
      expect(names.filter((name) => name !== "logits" && !/(^|\.)hook_\w+$/.test(name))).toEqual([]);
    }
  });
});

describe("numbers of the page", () => {
  it("are in the program, which ends with a verdict", () => {
    const ask = {
      kind: "edits",
      prompt: prompt(edit({ kind: "zero", site: "mlp_out" })),
      position: 3,
    } as const;
    const next = [{ prompt: 0, position: 3, base: new Map([[7, -0.5]]), edited: new Map([[7, -1.25]]) }];
    const hub = { id: "owner/name", revision: "abc123" };
    const text = transformerLensRecipe({ ...MODEL, precision: "f32", hub }, ask, { next });
    expect(text).toMatch(
      /^# \/\/\/ script\n# requires-python = ">=3.11"\n# dependencies = \[\n# {5}"transformer-lens==4.3.0",\n# \]\n# \/\/\/\n/,
    );
    expect(text).toContain(`MODEL = "owner/name"\nREVISION = "abc123"`);
    expect(text).toContain(`SHA256 = "${MODEL.sha256}"`);
    expect(text).toContain(`TOLERANCE = 0.001`);
    expect(text).toContain(`check_next("prompt 0 without edits", BASE_TOKENS, [], 3, {7: -0.5})`);
    expect(text).toContain(`check_next("prompt 0 with edits", TOKENS, EDITS, 3, {7: -1.25})`);
    expect(text.trimEnd()).toMatch(/print\(f"PASS: .*\nsys\.exit\(1 if wrong or not compared else 0\)$/);
  });

  it("of a sweep follow its cells", () => {
    const sublayers = { axes: { kind: "layerSublayer" } } as never;
    const grid = {
      rowLabels: ["0", "1"],
      colLabels: ["attention", "MLP"],
      values: Float32Array.of(1, 2, 3, 4),
    };
    expect(cellsInOrder([sublayers], [grid])).toEqual([1, 3, 2, 4]);
    const heads = { axes: { kind: "layerHead", site: "attn.z" } } as never;
    expect(cellsInOrder([heads], [grid])).toEqual([1, 2, 3, 4]);
  });
});

it("carries what was finished on screen, of the ask that it is of", async () => {
  const engine = { compare: () => Promise.resolve({ base: [], other: [] }) } as never;
  const request = {
    ...{ prompt: prompt(), baseline: { kind: "zero" }, steps: 4, rule: "midpoint" },
    scalar: [1, 2].map((position) => ({ kind: "logProb", position, target: 5 })),
  } as unknown as TokenAttributionRequest;
  const scores = { value: -1, tokens: { saliency: [1] } } as unknown as TokenAttributionResult;
  const ofTokens = await askExpected(engine, { kind: "tokenScores", request }, { scores });
  expect(ofTokens).toMatchObject({ next: [{ prompt: 0, position: 2 }], tokens: { value: -1 } });
  expect(ofTokens.sweep).toBeUndefined();
  const cells = { prompt: prompt(), position: 3, axes: { kind: "layerHead", site: "attn.z" } };
  const requests = [{ ...cells, at: { kind: "prompt" } }] as unknown as AttributionPatchingRequest[];
  const results = [{ base: 0.5, values: Float32Array.of(1, 2), rowLabels: ["0"], colLabels: ["0", "1"] }];
  const ofCells = await askExpected(
    engine,
    { kind: "firstOrder", requests },
    { results: results as unknown as SweepResult[] },
  );
  expect(ofCells.sweep).toEqual({ base: 0.5, cells: [1, 2] });
});

it("takes gradients of a sweep by zeros that are added after the edits, and of the place that was asked", () => {
  const sweep = {
    ...{ prompt: prompt(edit({ kind: "zero", site: "mlp_out" })), position: 3, metric: { kind: "kl" } },
    ...{ axes: { kind: "layerHead", site: "attn.z" }, change: { kind: "patch", from: DONOR } },
  };
  const program = (at: object) =>
    transformerLensRecipe(MODEL, {
      kind: "firstOrder",
      requests: [{ ...sweep, at } as unknown as AttributionPatchingRequest],
    });
  expect(program({ kind: "donor" })).toContain("POINTS = [(1, OTHER_TOKENS[:READ], [])]");
  const path = program({ kind: "path", steps: 7 });
  expect(path).toContain("[*edits, *((site, add_zeros) for site in sites)]");
  expect(path).toContain("for k in range(7)]");
  expect(path).toContain(bridgeName("embed", MODEL));
});
