/**
 * Edits on every architecture: those that must change nothing, and those whose effect is known. Each model is a
 * recorded one of models/golden, on the CPU device.
 */
import { describe, expect, it } from "vitest";
import type { Edit, NamedTokens } from "../../../protocol/interventions";
import { siteLayer, siteName } from "../../../protocol/sites";
import { loadChanged, openFolder, readGolden, GOLDEN_RUNS } from "../../models/golden.samples";
import { sitesOf, type Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";
import { run } from "../run";
import { resolveEdits } from "./index";
import { alignedPositions } from "./patch";

type Draft = Edit extends infer E ? (E extends Edit ? Omit<E, "id" | "on"> : never) : never;
const stack = (...edits: Draft[]): Edit[] =>
  edits.map((edit, i) => ({ ...edit, id: `e${i}`, on: true }) as Edit);

async function capturesOf(model: Model, tokens: readonly number[], edits: Edit[], sites = ["logits"]) {
  const row = await resolveEdits(model, { tokens, edits });
  const { captures } = await run(model, { rows: [row], capture: sites });
  return new Map(captures.map(({ site, data, shape }) => [site, { data, shape }]));
}

const logitsOf = async (model: Model, tokens: readonly number[], edits: Edit[] = []) =>
  (await capturesOf(model, tokens, edits)).get("logits")!.data;

function worst(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const named = (tokens: readonly number[]): NamedTokens => ({ text: "", tokens });

async function open([folder, change, recording = "golden.safetensors"]: (typeof GOLDEN_RUNS)[number]) {
  const model = await loadChanged(await openFolder(folder), change);
  return { model, tokens: (await readGolden(folder, recording)).tokens };
}

/** One edit a site, over all layers; every one of them leaves the model as it is. */
function neutral(model: Model, tokens: readonly number[], kind: "scale" | "patch" | "zero"): Edit[] {
  const names = [...new Set(sitesOf(model).map(siteName))];
  return stack(
    ...names.map((site): Draft => {
      const where = { site: site as Extract<Draft, { site: unknown }>["site"] };
      if (kind === "scale") return { kind, ...where, factor: 1 };
      if (kind === "zero") return { kind, ...where, strength: 0 };
      return { kind, ...where, from: named(tokens), align: "position", strength: 1 };
    }),
  );
}

describe.each(GOLDEN_RUNS)("%s %j", (...which) => {
  it("is itself, bit for bit, with nothing on the stack", async () => {
    const { model, tokens } = await open(which);
    expect(await logitsOf(model, tokens, [])).toEqual(
      (await run(model, { rows: [{ tokens }], capture: ["logits"] })).captures[0]!.data,
    );
  });

  it.each(["scale", "zero", "patch"] as const)(
    "is itself when %s leaves every site as it is",
    async (kind) => {
      const { model, tokens } = await open(which);
      const base = await logitsOf(model, tokens);
      expect(worst(await logitsOf(model, tokens, neutral(model, tokens, kind)), base)).toBeLessThan(1e-4);
    },
  );

  it.each(["patterns", "norms"] as const)("is itself with its own %s frozen", async (what) => {
    const { model, tokens } = await open(which);
    const frozen = await logitsOf(model, tokens, stack({ kind: "freeze", what }));
    expect(worst(frozen, await logitsOf(model, tokens))).toBeLessThan(1e-4);
  });

  it("adds nothing but its bias when every head is zero", async () => {
    const { model, tokens } = await open(which);
    const site = "blocks.0.attn_out";
    const zero = stack({ kind: "zero", site: "attn.z", strength: 1 });
    const { data, shape } = (await capturesOf(model, tokens, zero, [site])).get(site)!;
    const width = shape[1]!;
    // Every position gets the same: the bias, or nothing.
    const first = data.slice(0, width);
    tokens.forEach((_, i) => expect([...data.slice(i * width, (i + 1) * width)]).toEqual([...first]));
    const { matrixLike, bias } = attentionBias(model);
    if (!matrixLike) return;
    const stored = bias
      ? new Float32Array(
          (
            await model.memory.device.read([{ buffer: bias.buffer, offsetBytes: 0, sizeBytes: 4 * width }])
          )[0]!,
        )
      : new Float32Array(width);
    expect(worst(first, stored)).toBeLessThan(1e-6);
  });

  it("reads every token alone when all other keys are knocked out", async () => {
    const { model, tokens } = await open(which);
    const alone = stack({ kind: "knockOut" });
    // Positions still differ where they are learned: the first token stands where a lone one would.
    const site = "blocks.0.attn.z";
    const knocked = (await capturesOf(model, tokens, alone, [site])).get(site)!;
    const single = (await capturesOf(model, tokens.slice(0, 1), [], [site])).get(site)!;
    const width = single.data.length;
    expect(worst(knocked.data.slice(0, width), single.data)).toBeLessThan(1e-5);
    // Every other token attends to itself alone: z of a head is its own value.
    const { captures } = await run(model, { rows: [{ tokens }], capture: ["blocks.0.attn.v"] });
    const { heads } = siteColumns(model.config, "blocks.0.attn.v");
    const { dHead, nHeads } = model.config;
    for (let i = 0; i < tokens.length; i++) {
      for (let head = 0; head < nHeads; head++) {
        const kv = Math.floor((head * heads) / nHeads);
        for (let d = 0; d < dHead; d++) {
          const value = captures[0]!.data[(i * heads + kv) * dHead + d]!;
          expect(knocked.data[(i * nHeads + head) * dHead + d]!).toBeCloseTo(value, 5);
        }
      }
    }
  });

  it("has patterns whose rows sum to one, knocked out or not", async () => {
    const { model, tokens } = await open(which);
    const sites = sitesOf(model).filter((site) => site.endsWith("attn.pattern"));
    const cut = stack({ kind: "knockOut", heads: [0], keys: [0, 2], queries: { from: 2 } });
    for (const edits of [[], cut]) {
      for (const [site, { data, shape }] of await capturesOf(model, tokens, edits, sites)) {
        const [heads = 0, queries = 0, keys = 0] = shape;
        for (let row = 0; row < heads * queries; row++) {
          const sum = data.slice(row * keys, (row + 1) * keys).reduce((a, b) => a + b, 0);
          expect(sum, `${site} row ${row}`).toBeCloseTo(1, 5);
        }
        if (edits.length === 0 || siteLayer(site) !== 0) continue;
        expect(data[(0 * queries + 3) * keys + 0]).toBe(0);
        expect(data[(0 * queries + 3) * keys + 2]).toBe(0);
      }
    }
  });

  it("becomes another prompt's run when its stream is patched in", async () => {
    const { model, tokens } = await open(which);
    const other = tokens.map((token) => (token * 7 + 3) % model.config.dVocab);
    const patched = await logitsOf(
      model,
      tokens,
      stack({ kind: "patch", site: "resid_post", from: named(other), align: "position", strength: 1 }),
    );
    expect(worst(patched, await logitsOf(model, other))).toBeLessThan(1e-5);
  });
});

/** Where attention's output bias is, among the weights that most architectures name alike. */
function attentionBias({ weights, architecture }: Model) {
  const name = architecture.name === "gpt2" ? "h.0.attn.c_proj.bias" : "blocks.0.o.bias";
  return { matrixLike: !architecture.name.startsWith("gemma"), bias: weights.vectorIfAny(name) };
}

describe("edits", () => {
  const openLlama = () => open(["llama"]);

  it("apply in order", async () => {
    const { model, tokens } = await openLlama();
    const site = "blocks.0.mlp.post";
    const halve: Draft = { kind: "scale", site: "mlp.post", layers: [0], factor: 0.5 };
    const shift: Draft = {
      kind: "add",
      site: "mlp.post",
      layers: [0],
      coefficient: 2,
      direction: { kind: "vector", name: "ones", values: Array<number>(model.config.dMlp).fill(1) },
    };
    const values = async (...edits: Draft[]) =>
      (await capturesOf(model, tokens, stack(...edits), [site])).get(site)!.data[5]!;
    const base = await values();
    expect(await values(halve, shift)).toBeCloseTo(base / 2 + 2, 5);
    expect(await values(shift, halve)).toBeCloseTo((base + 2) / 2, 5);
  });

  it("touch the heads, dimensions and positions that they name, and no others", async () => {
    const { model, tokens } = await openLlama();
    const site = "blocks.1.attn.z";
    const base = (await capturesOf(model, tokens, [], [site])).get(site)!.data;
    const edit: Draft = {
      kind: "zero",
      site: "attn.z",
      layers: [1],
      heads: [1],
      dims: [0, 2],
      positions: { from: 3 },
      strength: 1,
    };
    const edited = (await capturesOf(model, tokens, stack(edit), [site])).get(site)!.data;
    const { nHeads, dHead } = model.config;
    edited.forEach((value, i) => {
      const [position, head, dim] = [
        Math.floor(i / (nHeads * dHead)),
        Math.floor(i / dHead) % nHeads,
        i % dHead,
      ];
      const touched = position >= 3 && head === 1 && (dim === 0 || dim === 2);
      expect(value).toBe(touched ? 0 : base[i]);
    });
  });

  it("that are off do nothing; replaced tokens are replaced", async () => {
    const { model, tokens } = await openLlama();
    const [edit] = stack({ kind: "token", position: 1, token: 2, text: "" });
    expect((await resolveEdits(model, { tokens, edits: [edit!] })).tokens[1]).toBe(2);
    expect(await resolveEdits(model, { tokens, edits: [{ ...edit!, on: false }] })).toEqual({
      tokens,
      interventions: [],
    });
  });

  it("take means over all tokens of a set, and of the tokens at one position", async () => {
    const { model, tokens } = await openLlama();
    const site = "blocks.0.mlp_out";
    const prompts = [tokens, tokens.slice(0, 3), tokens.slice(2)].map(named);
    const all = await Promise.all(
      prompts.map(async (prompt) => (await capturesOf(model, prompt.tokens, [], [site])).get(site)!.data),
    );
    const { dModel } = model.config;
    const mean = (rows: Float32Array[]) => rows.reduce((sum, row) => sum + row[4]!, 0) / rows.length;
    const rowsOf = (data: Float32Array) =>
      Array.from({ length: data.length / dModel }, (_, i) => data.slice(i * dModel));
    const edit = (by: "token" | "position"): Draft => ({
      kind: "mean",
      site: "mlp_out",
      layers: [0],
      over: { name: "set", prompts },
      by,
      strength: 1,
    });
    const token = (await capturesOf(model, tokens, stack(edit("token")), [site])).get(site)!.data;
    expect(token[2 * dModel + 4]).toBeCloseTo(mean(all.flatMap(rowsOf)), 5);
    const position = (await capturesOf(model, tokens, stack(edit("position")), [site])).get(site)!.data;
    expect(position[2 * dModel + 4]).toBeCloseTo(mean(all.flatMap((data) => rowsOf(data).slice(2, 3))), 5);
  });

  it("draw the same prompt for the same seed, and every prompt for some seed", async () => {
    const { model, tokens } = await openLlama();
    const from = {
      name: "set",
      prompts: [1, 2, 3].map((n) => named(tokens.map((token) => (token + n) % model.config.dVocab))),
    };
    const drawn = async (seed: number) =>
      [
        ...(
          await capturesOf(
            model,
            tokens,
            stack({ kind: "resample", site: "resid_post", from, seed, strength: 1 }),
          )
        ).get("logits")!.data,
      ].join();
    expect(await drawn(5)).toBe(await drawn(5));
    expect(new Set(await Promise.all(Array.from({ length: 20 }, (_, seed) => drawn(seed)))).size).toBe(3);
  });

  it("find partners by token: the n-th occurrence belongs to the n-th", () => {
    expect(alignedPositions([7, 8, 7, 9, 7], [7, 7, 8], "token")).toEqual([
      [0, 0],
      [1, 2],
      [2, 1],
    ]);
    expect(alignedPositions([1, 2, 3], [4, 5], "position")).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it("act on both devices' paths alike: a row, its continuation, and a batch of rows", async () => {
    const { model, tokens } = await openLlama();
    const { interventions } = await resolveEdits(model, {
      tokens,
      edits: stack(
        { kind: "zero", site: "attn.z", heads: [0], strength: 1 },
        { kind: "knockOut", layers: [1], keys: [1] },
      ),
    });
    const whole = await run(model, { rows: [{ tokens, interventions }], capture: ["logits"] });
    const split = await run(model, {
      rows: [
        { tokens: tokens.slice(0, 4), interventions },
        { tokens: tokens.slice(4), parent: 0, interventions },
        { tokens },
      ],
      capture: ["logits"],
    });
    const { dVocab } = model.config;
    const tail = split.captures.find(({ row }) => row === 1)!.data;
    expect(worst(tail, whole.captures[0]!.data.slice(4 * dVocab))).toBeLessThan(1e-5);
    const untouched = split.captures.find(({ row }) => row === 2)!.data;
    expect(worst(untouched, await logitsOf(model, tokens))).toBeLessThan(1e-5);
  });

  it.each<[Draft, RegExp]>([
    [{ kind: "zero", site: "mlp_out", layers: [9], strength: 1 }, /layers 0 to \d+; the edit names layer 9/],
    [{ kind: "zero", site: "attn.z", heads: [99], strength: 1 }, /has \d+ heads, 0 to \d+; 99 is none/],
    [{ kind: "zero", site: "mlp.post", dims: [-1], strength: 1 }, /dimensions, 0 to \d+; -1 is none/],
    [{ kind: "zero", site: "pos_embed", strength: 1 }, /no site pos_embed/],
    [{ kind: "token", position: 99, token: 1, text: "" }, /at position 99/],
    [
      {
        kind: "mean",
        site: "attn.pattern",
        over: { name: "s", prompts: [named([1, 2])] },
        by: "token",
        strength: 1,
      },
      /has no mean/,
    ],
    [
      { kind: "mean", site: "mlp_out", over: { name: "s", prompts: [] }, by: "token", strength: 1 },
      /s has no tokens/,
    ],
    [
      { kind: "resample", site: "mlp_out", from: { name: "s", prompts: [] }, seed: 1, strength: 1 },
      /s has no prompt/,
    ],
    [
      { kind: "patch", site: "attn.pattern", from: named([1, 2]), align: "token", strength: 1 },
      /by position only/,
    ],
    [
      { kind: "add", site: "mlp_out", coefficient: 1, direction: { kind: "vector", name: "d", values: [1] } },
      /d has 1 numbers; .* has \d+/,
    ],
  ])("refuse what makes no sense: %j", async (edit, message) => {
    const { model, tokens } = await openLlama();
    await expect(capturesOf(model, tokens, stack(edit))).rejects.toThrow(message);
  });
});
