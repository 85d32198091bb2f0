/** Attribution graphs: effects add up to what they act on, links are effects in the model made linear, scores at their ends. */
import { beforeAll, describe, expect, it } from "vitest";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import {
  GRAPH_DEFAULTS,
  type AttributionGraphRequest,
  type AttributionGraphResult,
} from "../../../protocol/gradients/graphs";
import type { Edit, Intervention } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { resolveEdits } from "../../interp/interventions/index";
import { attachRandom, type RandomSae } from "../../interp/sae/attachRandom.samples";
import { run } from "../../interp/pass/runRows";
import { emptyOutput } from "../../interp/sae/latentReads";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { uploadSae, type PlainSae } from "../../ops/sae.samples";
import { attributionGraph } from "./attributionGraph";
import { readPrompt, writtenBy, type Dictionary, type ReadPrompt, type Source } from "./dictionaries";
import { directEffects, latentTarget, logitTarget } from "./directEffects";
import { given, heldParts } from "./held.samples";
import { isLatent, KnownRows } from "./knownGraph";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const READ = 6;
const edit = (given: object): Edit => ({ id: "e", on: true, ...given }) as Edit;
const SCALED = [edit({ kind: "scale", site: "attn_out", layers: [0], factor: 0.5 })];
/** Blocks whose MLPs no dictionary stands for would bend; without them all is linear. */
const NO_MLPS = [edit({ kind: "zero", site: "mlp_out", strength: 1 })];

const transcoder = (layer: number, more: Partial<RandomSae> = {}): RandomSae => ({
  ...{ kind: "relu", siteIn: `blocks.${layer}.ln2.normalized`, siteOut: `blocks.${layer}.mlp_out`, ...more },
});
const stream = (layer: number, more: Partial<RandomSae> = {}): RandomSae => {
  return { kind: "topk", siteIn: `blocks.${layer}.resid_post`, ...more };
};
const CASES: [string, RandomSae[], Edit[]][] = [
  ["transcoders", [transcoder(0), transcoder(1)], []],
  [
    "TopK transcoders under an edit",
    [transcoder(0, { kind: "topk" }), transcoder(1, { kind: "topk" })],
    SCALED,
  ],
  [
    "skip transcoders of the stream",
    [0, 1].map((layer) =>
      transcoder(layer, { siteIn: `blocks.${layer}.resid_mid`, options: { skip: true }, kind: "jumprelu" }),
    ),
    [],
  ],
  [
    "transcoders of normalised rows",
    [
      transcoder(0, { options: { input: { scheme: "layerNorm", eps: 1e-5 } } }),
      transcoder(1, { options: { input: { scheme: "unitMeanSquare" } } }),
    ],
    [],
  ],
  [
    "a cross-layer transcoder",
    [
      transcoder(0, { siteIn: "blocks.0.resid_mid", later: ["blocks.1.mlp_out"] }),
      transcoder(1, { siteIn: "blocks.1.resid_mid", later: [] }),
    ],
    SCALED,
  ],
  ["autoencoders of the stream", [stream(0), stream(1)], NO_MLPS],
  [
    "gated and rescaled autoencoders",
    [stream(0, { kind: "gated" }), stream(1, { options: { input: { scheme: "rescale", factor: 2 } } })],
    NO_MLPS,
  ],
];

async function withDictionaries(saes: readonly RandomSae[]): Promise<Model> {
  const model = randomGpt2(await createCpuDevice());
  saes.forEach((sae, i) => attachRandom(model, i + 1, sae));
  return model;
}

const requestOf = (given: Partial<AttributionGraphRequest> = {}): AttributionGraphRequest => ({
  ...{ prompt: { tokens: TOKENS }, saes: [1, 2], position: READ, ...GRAPH_DEFAULTS },
  ...given,
});
const read = async (model: Model, edits: readonly Edit[], saes = [1, 2]) =>
  readPrompt(model, await resolveEdits(model, { tokens: TOKENS, edits }), READ, saes);

/** The last dictionary's first and last active latents, those of the one before, and two logits. */
function someTargets(found: ReadPrompt) {
  const latents = found.sources.filter(isLatent);
  const own = found.dictionaries.flatMap((one) => {
    const all = latents.filter(({ dictionary }) => dictionary === one);
    return [all[0]!, all[Math.floor(all.length / 2)]!, all.at(-1)!];
  });
  return [...own.map((source) => latentTarget(found, source)), logitTarget(found, 3), logitTarget(found, 7)];
}

describe.each(CASES)("%s", (_, saes, edits) => {
  let model: Model;
  let found: ReadPrompt;
  let held: Intervention[];
  beforeAll(async () => {
    model = await withDictionaries(saes);
    found = await read(model, edits);
    held = await heldParts(model, found);
  });

  /** The target in the held model, where every dictionary before it writes this; tokens are as they are or nothing. */
  async function valueWith(
    target: ReturnType<typeof logitTarget>,
    written: readonly Intervention[],
    tokens: "there" | "gone",
  ): Promise<number> {
    const { prompt, dictionaries } = found;
    const gone = ["embed", "pos_embed"].map((site): Intervention => ({ kind: "affine", site, keep: 0 }));
    const interventions = [
      ...[...prompt.interventions, ...held, ...(tokens === "gone" ? gone : [])],
      ...written.filter((_, i) => dictionaries[i]!.writes < target.stage),
    ];
    const rows = [{ tokens: prompt.tokens, interventions }];
    return (await scalarValues(model, rows, target.scalar, NEVER_CANCELLED))[0]!;
  }

  it("adds up: all effects, and what the biases give, are the target", async () => {
    // Without latents and error: the decoder's bias, and what a skip path makes of what it reads then.
    const empty = found.dictionaries.map(async ({ id, sae }): Promise<Intervention> => {
      const changes = Array.from({ length: sae.description.nLatents }, (_, latent) => {
        return { latent, op: "ablate", amount: 0 } as const;
      });
      if (sae.weights.skip) return { kind: "latents", sae: id, changes, error: "dropped" };
      const x = Float32Array.from(found.inputs.get(sae.siteIn)!);
      return given(sae.siteOut, await emptyOutput(model, sae, x), READ + 1);
    });
    const written = await Promise.all(empty);
    const targets = someTargets(found);
    const rows = await directEffects(model, found, targets);
    for (const [i, { effects, value, alarm }] of rows.entries()) {
      const sum = effects.reduce((total, effect) => total + effect, 0);
      const bias = await valueWith(targets[i]!, written, "gone");
      const size = effects.reduce((most, effect) => Math.max(most, Math.abs(effect)), 0);
      expect(size).toBeGreaterThan(1e-3);
      expect(Math.abs(sum + bias - value)).toBeLessThan(1e-3 * (1 + size));
      expect(alarm).toBeUndefined();
    }
  });

  /** What a dictionary writes, without a source. */
  function lessOf(source: Source, dictionary: Dictionary, values: Float32Array): Float32Array {
    if (source.kind === "token") return values;
    const { siteOut, description } = dictionary.sae;
    const { dOut } = description;
    const written = writtenBy(source.dictionary).find(({ site }) => site === siteOut);
    if (!written || (source.kind === "error" && source.dictionary !== dictionary)) return values;
    return values.map((value, i) => {
      const c = i - source.position * dOut;
      if (c < 0 || c >= dOut) return value;
      if (source.kind === "error") return value - source.values[c]!;
      return value - source.amount * written.decoder[source.row * dOut + c]!;
    });
  }

  it("has links that are effects in the model made linear", async () => {
    const targets = someTargets(found).slice(2);
    const rows = await directEffects(model, found, targets);
    const capture = found.dictionaries.map(({ sae }) => sae.siteOut);
    const { captures } = await run(model, { rows: [found.prompt], capture });
    const asWritten = capture.map((site) => {
      const { data, shape } = captures.find((one) => one.site === site)!;
      return data.slice(0, (READ + 1) * shape[1]!);
    });
    const writing = (source?: Source) =>
      found.dictionaries.map((one, d) => {
        const values = source ? lessOf(source, one, asWritten[d]!) : asWritten[d]!;
        return given(one.sae.siteOut, values, READ + 1);
      });
    let checked = 0;
    for (const [t, target] of targets.entries()) {
      const base = await valueWith(target, writing(), "there");
      const before = found.dictionaries.filter(({ writes }) => writes < target.stage);
      for (const [i, source] of found.sources.entries()) {
        if (source.kind === "token") continue;
        const effect = rows[t]!.effects[i]!;
        if (!before.includes(source.dictionary)) expect(effect).toBe(0);
        // What goes on by a later dictionary's skip path is closed where values are given.
        const isOpen = source.dictionary !== before.at(-1) && before.some(({ sae }) => sae.weights.skip);
        if (isOpen || Math.abs(effect) < 0.02 || ++checked % 7 > 0) continue;
        const change = base - (await valueWith(target, writing(source), "there"));
        expect(Math.abs(change - effect)).toBeLessThan(2e-3 * (1 + Math.abs(effect)));
      }
    }
    expect(checked).toBeGreaterThan(7);
  });

  it("is a graph without circles, whose scores are shares", async () => {
    const ask = { ...requestOf(), prompt: { tokens: TOKENS, edits } };
    for (const mostLatents of [1000, 5]) {
      const graph = await attributionGraph(model, { ...ask, mostLatents }, NEVER_CANCELLED);
      expect(graph.usedLatents).toBeLessThanOrEqual(mostLatents);
      expect(graph.links.length).toBeGreaterThan(5);
      for (const { source, target } of graph.links) expect(source).toBeLessThan(target);
      for (const { replacement, completeness } of [graph.scores, graph.whole.scores]) {
        for (const score of [replacement, completeness]) expect(score >= 0 && score <= 1).toBe(true);
      }
      expect(graph.scores.replacement).toBeLessThanOrEqual(graph.whole.scores.replacement + 1e-6);
      expect(graph.nodes.filter(({ kind }) => kind === "token")).toHaveLength(READ + 1);
      for (const { influence } of graph.nodes) expect(influence >= 0 && influence <= 1).toBe(true);
      expect([graph.done, graph.alarms]).toEqual([graph.total, []]);
    }
  });
});

it("loses nothing of a target's input to latents that were not taken in", async () => {
  const model = await withDictionaries([transcoder(0), transcoder(1)]);
  const found = await read(model, []);
  const known = new KnownRows(found, [1]);
  const rows = await directEffects(model, found, [logitTarget(found, 3)]);
  known.takeLogits(rows);
  const before = rows[0]!.effects.reduce((sum, effect) => sum + effect, 0);
  const graph = known.graph();
  expect(graph.kinds).not.toContain("latent");
  expect(graph.rows.at(-1)!.reduce((sum, effect) => sum + effect, 0)).toBeCloseTo(before, 4);
  const [first] = known.next(1);
  known.takeLatents(
    [first!],
    await directEffects(model, found, [
      latentTarget(found, found.sources.filter((_, i) => i === first).filter(isLatent)[0]!),
    ]),
  );
  expect(known.graph().kinds.filter((kind) => kind === "latent")).toHaveLength(1);
  expect(
    known
      .graph()
      .rows.at(-1)!
      .reduce((sum, effect) => sum + effect, 0),
  ).toBeCloseTo(before, 4);
});

/** Attaches autoencoders of the stream after every block, with these weights. */
async function withStream(
  plain: (width: number) => Partial<PlainSae> & Pick<PlainSae, "nLatents">,
): Promise<Model> {
  const model = randomGpt2(await createCpuDevice());
  for (const layer of [0, 1]) {
    const siteIn = `blocks.${layer}.resid_post`;
    const own = attachRandom(model, layer + 1, { kind: "relu", siteIn, options: { inputBias: false } });
    const sae = model.saes.get(layer + 1)!;
    const changed = { ...own, inputBias: new Float32Array(8), ...plain(8) };
    const { nLatents } = changed;
    const weights = uploadSae(model.memory.device, changed);
    model.saes.set(layer + 1, { ...sae, weights, description: { ...sae.description, nLatents } });
  }
  return model;
}

describe("at its ends", () => {
  it("explains all with dictionaries that reconstruct all", async () => {
    // Both signs of every dimension.
    const model = await withStream((width) => {
      const both = Float32Array.from({ length: 2 * width * width }, (_, i) => {
        const [latent, dim] = [Math.floor(i / width), i % width];
        return latent % width === dim ? (latent < width ? 1 : -1) : 0;
      });
      const zeros = { encoderBias: new Float32Array(2 * width), decoderBias: new Float32Array(width) };
      return { nLatents: 2 * width, encoder: both, decoder: both, ...zeros };
    });
    const all = { nodeThreshold: 1, linkThreshold: 1 };
    const graph = await attributionGraph(model, requestOf(all), NEVER_CANCELLED);
    expect(graph.whole.scores.replacement).toBeCloseTo(1, 4);
    expect(graph.whole.scores.completeness).toBeCloseTo(1, 4);
    expect(graph.scores.replacement).toBeCloseTo(1, 4);
    expect(graph.usedLatents).toBeGreaterThan(40);
  });

  it("has errors alone with dictionaries that are silent", async () => {
    const model = await withStream(() => ({ nLatents: 40, encoderBias: new Float32Array(40).fill(-1e4) }));
    const graph = await attributionGraph(
      model,
      requestOf({ nodeThreshold: 1, linkThreshold: 1 }),
      NEVER_CANCELLED,
    );
    expect([graph.activeLatents, graph.usedLatents]).toEqual([0, 0]);
    expect(new Set(graph.nodes.map(({ kind }) => kind))).toEqual(new Set(["token", "error", "logit"]));
    // Every way from a token ends at the error of its layer.
    expect(graph.whole.scores.replacement).toBe(0);
  });
});

describe("checks and partial results", () => {
  it("ablates as an edit of the latent does", async () => {
    const model = await withDictionaries([transcoder(0), transcoder(1)]);
    const check = { largest: 4, random: 4, seed: 1 };
    const graph = await attributionGraph(model, requestOf({ check, targets: [3, 5] }), NEVER_CANCELLED);
    const found = await read(model, []);
    const first = graph.nodes.find(({ kind }) => kind === "logit")!;
    const { scalar } = logitTarget(found, first.kind === "logit" ? first.token : -1);
    const value = async (interventions: Intervention[]) =>
      (await scalarValues(model, [{ tokens: TOKENS, interventions }], scalar, NEVER_CANCELLED))[0]!;
    const base = await value([]);
    expect(graph.check!.nodes.length).toBeGreaterThanOrEqual(4);
    for (const { node, exact } of graph.check!.nodes) {
      const own = graph.nodes[node]!;
      if (own.kind !== "latent") throw new Error("a checked node is no latent");
      const changes = [{ latent: own.latent, op: "ablate" as const, amount: 0 }];
      const positions = [own.position];
      const without = await value([{ kind: "latents", sae: own.sae, changes, error: "kept", positions }]);
      expect(exact).toBeCloseTo(without - base, 4);
    }
    expect(graph.check!.all.n).toBe(graph.check!.nodes.length);
    expect(graph.check!.all.pearson).toBeGreaterThan(0.5);
  });

  it("keeps what is there when it is cancelled", async () => {
    const model = await withDictionaries([transcoder(0), transcoder(1)]);
    const token = new CancelToken();
    const parts: AttributionGraphResult[] = [];
    let pauses = 0;
    const pauser = {
      pause: () => {
        if (++pauses === 3) token.cancel();
        return token.pause();
      },
    };
    const asked = attributionGraph(model, requestOf(), pauser, (partial) => void parts.push(partial));
    await expect(asked).rejects.toThrow("Cancelled");
    const last = parts.at(-1)!;
    expect(last.usedLatents).toBe(64);
    expect(last.done).toBeLessThan(last.total);
    expect(last.nodes.some(({ kind }) => kind === "latent")).toBe(true);
  });

  it("refuses what makes no graph", async () => {
    const model = await withDictionaries([transcoder(0), transcoder(0)]);
    const ask = (given: Partial<AttributionGraphRequest>) =>
      attributionGraph(model, requestOf(given), NEVER_CANCELLED);
    await expect(ask({})).rejects.toThrow("Two of the dictionaries write blocks.0.mlp_out");
    await expect(ask({ saes: [] })).rejects.toThrow("needs dictionaries");
    await expect(ask({ saes: [9] })).rejects.toThrow("No autoencoder 9");
    await expect(ask({ saes: [1], nodeThreshold: 2 })).rejects.toThrow("nodeThreshold is 2");
    await expect(ask({ saes: [1], position: 8 })).rejects.toThrow("Position 8");
    await expect(ask({ saes: [1], targets: [4, 4] })).rejects.toThrow("named twice");
  });
});
