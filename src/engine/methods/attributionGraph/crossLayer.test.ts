/** Cross-layer transcoders in a graph: what is reconstructed, what latents do at all their sites, and what is refused. */
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { GRAPH_DEFAULTS, type AttributionGraphResult } from "../../../protocol/gradients/graphs";
import type { ModelInfo } from "../../../protocol/api";
import type { Intervention } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { fileFromBytes, type FileSet } from "../../formats/bytes/source";
import { safetensors, vector } from "../../formats/sae/sae.samples";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { attachRandom } from "../../interp/sae/attachRandom.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import type { PlainSae } from "../../ops/sae.samples";
import { reconstructLayers, type ReferenceSae } from "../../sae/reference";
import { saeDecode } from "../saeDecode/saeDecode";
import { saeSplice } from "../saeSplice/saeSplice";
import { OpenSaes } from "../../open/openSaes";
import { attributionGraph } from "./attributionGraph";
import { readPrompt } from "./dictionaries";
import { directEffects, logitTarget } from "./directEffects";
import { isLatent } from "./knownGraph";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const LAYERS = 3;
const IDS = [1, 2, 3];
const WIDTH = 8;
const N = 40;
const mlpOut = (layer: number) => `blocks.${layer}.mlp_out`;

type Kind = "noise" | "zeros" | "one layer each";

/** On a model of three layers: a latent of layer i writes to i … 2. */
async function withParts(
  kind: Kind,
  inputBias = true,
): Promise<{ readonly model: Model; readonly plain: PlainSae[] }> {
  const model = randomGpt2(await createCpuDevice(), { n_layer: LAYERS });
  const plain = IDS.map((id, layer) => {
    const later = Array.from({ length: LAYERS - layer - 1 }, (_, j) => mlpOut(layer + 1 + j));
    return attachRandom(model, id, {
      ...{ kind: "jumprelu", siteIn: `blocks.${layer}.resid_mid`, siteOut: mlpOut(layer), nLatents: N },
      options: { inputBias },
      ...(kind === "one layer each" ? {} : { later }),
      ...(kind === "zeros" ? { laterDecoder: new Float32Array(N * later.length * WIDTH) } : {}),
    });
  });
  return { model, plain };
}

const graphOf = (model: Model, more: object = {}): Promise<AttributionGraphResult> =>
  attributionGraph(
    model,
    { ...{ prompt: { tokens: TOKENS }, saes: IDS }, ...GRAPH_DEFAULTS, ...more },
    NEVER_CANCELLED,
  );

it("leaves as errors what the reference in f64 leaves, at every layer", async () => {
  const { model, plain } = await withParts("noise");
  const last = TOKENS.length - 1;
  const found = await readPrompt(
    model,
    await resolveEdits(model, { tokens: TOKENS }, NEVER_CANCELLED),
    last,
    IDS,
  );
  const parts = plain.map((part): ReferenceSae => {
    return { ...part, activation: { kind: "jumprelu", threshold: part.threshold } };
  });
  const capture = IDS.flatMap((_, layer) => [`blocks.${layer}.resid_mid`, mlpOut(layer)]);
  const { captures } = await run(model, { rows: [{ tokens: TOKENS }], capture });
  const rowAt = (site: string, position: number) =>
    captures.find((one) => one.site === site)!.data.slice(position * WIDTH, (position + 1) * WIDTH);
  const errors = found.sources.filter((source) => source.kind === "error");
  expect(errors).toHaveLength(LAYERS * TOKENS.length);
  for (const { dictionary, position, values } of errors) {
    const layer = found.dictionaries.indexOf(dictionary);
    const xs = IDS.map((_, one) => rowAt(`blocks.${one}.resid_mid`, position));
    const expected = reconstructLayers(parts, xs)[layer]!;
    const y = rowAt(mlpOut(layer), position);
    values.forEach((value, c) => expect(Math.abs(value - (y[c]! - expected[c]!))).toBeLessThan(1e-4));
  }
});

it("equals transcoders of one layer each where later rows are zero", async () => {
  const all = { nodeThreshold: 1, linkThreshold: 1 };
  const bare = (graph: AttributionGraphResult) => ({ ...graph, elapsedMs: 0 });
  const zeros = bare(await graphOf((await withParts("zeros")).model, all));
  const each = bare(await graphOf((await withParts("one layer each")).model, all));
  expect(zeros.activeLatents).toBeGreaterThan(20);
  expect(zeros).toEqual(each);
  expect(bare(await graphOf((await withParts("noise")).model, all)).links).not.toEqual(each.links);
});

it("takes a latent off at all its sites, in its effect and in its ablation", async () => {
  const { model, plain } = await withParts("noise");
  const graph = await graphOf(model, { check: { largest: 6, random: 6, seed: 1 }, targets: [3] });
  const found = await readPrompt(
    model,
    await resolveEdits(model, { tokens: TOKENS }, NEVER_CANCELLED),
    TOKENS.length - 1,
    IDS,
  );
  const { scalar } = logitTarget(found, 3);
  const value = async (interventions: Intervention[]) =>
    (await scalarValues(model, [{ tokens: TOKENS, interventions }], scalar, NEVER_CANCELLED))[0]!;
  const base = await value([]);
  let wide = 0;
  for (const { node, exact } of graph.check!.nodes) {
    const own = graph.nodes[node]!;
    if (own.kind !== "latent") throw new Error("a checked node is no latent");
    const [layer, sae] = [own.sae - 1, plain[own.sae - 1]!];
    const count = LAYERS - layer - 1;
    if (count > 0) wide += 1;
    const rows = [
      sae.decoder.slice(own.latent * WIDTH, (own.latent + 1) * WIDTH),
      ...Array.from({ length: count }, (_, j) => {
        const from = (own.latent * count + j) * WIDTH;
        return sae.laterDecoder!.slice(from, from + WIDTH);
      }),
    ];
    const without = rows.map((row, j): Intervention => ({
      ...{ kind: "affine", site: mlpOut(layer + j), keep: 1, valuePositions: [own.position] },
      values: row.map((weight) => -own.activation * weight),
    }));
    expect(exact).toBeCloseTo((await value(without)) - base, 4);
  }
  expect(wide).toBeGreaterThan(2);
});

it("gives a logit the sum of what a latent writes at each site", async () => {
  const { model } = await withParts("noise");
  const prompt = await resolveEdits(model, { tokens: TOKENS }, NEVER_CANCELLED);
  const found = await readPrompt(model, prompt, TOKENS.length - 1, IDS);
  const target = logitTarget(found, 5);
  const [row] = await directEffects(model, found, [target]);
  // One site less is what that site gave.
  const short = {
    ...found,
    sources: found.sources.map((source) =>
      isLatent(source) ? { ...source, dictionary: { ...source.dictionary, later: [] } } : source,
    ),
  };
  const [first] = await directEffects(model, short, [target]);
  const of = (layer: number) =>
    found.sources.flatMap((source, i) =>
      isLatent(source) && source.dictionary === found.dictionaries[layer] ? [i] : [],
    );
  const moved = (layer: number) =>
    of(layer).filter((i) => Math.abs(row!.effects[i]! - first!.effects[i]!) > 1e-4).length;
  expect([moved(0) > 5, moved(1) > 5, moved(2)]).toEqual([true, true, 0]);
});

describe("a part by itself", () => {
  it("makes no graph", async () => {
    const { model } = await withParts("noise");
    await expect(graphOf(model, { saes: [1, 3] })).rejects.toThrow("add its part of layer 1");
    await expect(graphOf(model, { saes: [3] })).rejects.toThrow("add its parts of layer 0, 1");
  });

  it("has codes, and no quality", async () => {
    const { model } = await withParts("noise");
    const prompt = { tokens: TOKENS };
    const code = await saeDecode(model, { sae: 1, prompt, listed: 4 }, NEVER_CANCELLED);
    const graph = await graphOf(model);
    const node = graph.nodes.find((one) => one.kind === "latent" && one.layer === 0)!;
    expect(node.kind === "latent" && code.l0[node.position]! > 0).toBe(true);
    expect([code.fvu, code.cosines[0], code.squaredErrors[0]]).toEqual([NaN, NaN, NaN]);
  });

  it("is refused where its output would stand for an MLP's", async () => {
    const { model } = await withParts("noise");
    const prompt = { tokens: TOKENS };
    await expect(saeSplice(model, { sae: 1, prompt }, NEVER_CANCELLED)).rejects.toThrow(
      "random 1 is one layer of a cross-layer transcoder",
    );
    const changes = [{ latent: 1, op: "ablate" as const, amount: 0 }];
    const interventions: Intervention[] = [{ kind: "latents", sae: 1, changes, error: "kept" }];
    await expect(
      run(model, { rows: [{ tokens: TOKENS, interventions }], capture: ["logits"] }),
    ).rejects.toThrow("is one layer of a cross-layer transcoder");
  });
});

describe("from files", () => {
  /** Parts as circuit-tracer keeps them. */
  function filesOf(plain: readonly PlainSae[]): FileSet {
    const hooks = "feature_input_hook: hook_resid_mid\nfeature_output_hook: hook_mlp_out\n";
    const config = new TextEncoder().encode(`model_kind: cross_layer_transcoder\n${hooks}`);
    const parts = plain.flatMap((part, layer) => {
      const many = plain.length - layer;
      const rows = Array.from({ length: N }, (_, latent) => [
        ...part.decoder.slice(latent * WIDTH, (latent + 1) * WIDTH),
        ...(part.laterDecoder?.slice(latent * (many - 1) * WIDTH, (latent + 1) * (many - 1) * WIDTH) ?? []),
      ]);
      return [
        safetensors(`W_enc_${layer}.safetensors`, [
          { name: `W_enc_${layer}`, shape: [N, WIDTH], values: [...part.encoder] },
          vector(`b_enc_${layer}`, [...part.encoderBias]),
          vector(`b_dec_${layer}`, [...part.decoderBias]),
          vector(`threshold_${layer}`, [...part.threshold]),
        ]),
        safetensors(`W_dec_${layer}.safetensors`, [
          { name: `W_dec_${layer}`, shape: [N, many, WIDTH], values: rows.flat() },
        ]),
      ];
    });
    return [fileFromBytes("config.yaml", config), ...parts];
  }
  const attach = (model: Model, files: FileSet) =>
    new OpenSaes().attach(model, {} as ModelInfo, files, {}, NEVER_CANCELLED);

  it("is the same dictionary, and the same graph", async () => {
    const { model, plain } = await withParts("noise", false);
    const expected = await graphOf(model);
    model.saes.clear();
    const infos = await attach(model, filesOf(plain));
    expect(infos.map(({ writes }) => writes)).toEqual(
      [0, 1, 2].map((layer) => [0, 1, 2].slice(layer).map(mlpOut)),
    );
    // Encoder, and a decoder row for each site, f32.
    expect(infos.map(({ weightBytes }) => weightBytes)).toEqual(
      [4, 3, 2].map((rows) => rows * N * WIDTH * 4),
    );
    const found = await graphOf(model);
    expect(found.nodes).toEqual(expected.nodes);
    expect(found.links).toEqual(expected.links);
  });

  it("is refused by a model of more layers", async () => {
    const { plain } = await withParts("noise", false);
    const other = randomGpt2(await createCpuDevice(), { n_layer: LAYERS + 1 });
    await expect(attach(other, filesOf(plain))).rejects.toThrow(
      "writes up to blocks.2.mlp_out, and this model has 4 layers",
    );
  });
});
