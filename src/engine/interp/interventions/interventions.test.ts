/**
 * Edits on every architecture, and what each of them does in particular. Each model is a recorded one of models/golden,
 * on the CPU device.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "../../models/golden.samples";
import { run } from "../pass/runRows";
import { capturesOf, IDENTITIES, logitsOf, named, stack, worst, type Draft } from "./identities.samples";
import { MASK_CHECKS } from "./masks.samples";
import { resolveEdits } from "./index";
import { alignedPositions } from "./patch";

async function open([folder, change, recording = "golden.safetensors"]: (typeof GOLDEN_RUNS)[number]) {
  const model = await loadChanged(await openFolder(folder), change);
  return { model, tokens: (await readGolden(folder, recording)).tokens };
}

describe.each(GOLDEN_RUNS)("%s %j", (...which) => {
  // None of the checks changes the model.
  let opened: Awaited<ReturnType<typeof open>> | undefined;
  beforeAll(async () => {
    opened = await open(which);
  });
  afterAll(() => {
    opened = undefined;
  });

  it.each([...IDENTITIES, ...MASK_CHECKS])("$name", async ({ check }) => {
    await check(opened!.model, opened!.tokens);
  });
});

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
