/** The panel's arithmetic: lists of indices, the suggested prompt, requests, the grid, cells as edits. */
import { describe, expect, it } from "vitest";
import type { SweepRequest, SweepResult } from "../../../protocol/analysis";
import type { TokenInfo } from "../../../protocol/api";
import { editOfCell, placeText } from "./cellEdit";
import { donorCandidates, MAX_CANDIDATES, suggestedTokens, textOf } from "../../../client/tokens/donor";
import { describeCell, drawingOf, tableOf } from "./figure";
import { gridOf, largest, requestAt, secondsLeft, type Outcome } from "./outcome";
import { requestsOf, type Given } from "./requests";
import { DEFAULTS, matches, presets } from "./settings";
import { swapped } from "../../../client/tokens/swap";

const WORDS = ["<s>", " Ann", " has", " 3", " and", " 10", " :", " 4", " 11"];
const token = (id: number): TokenInfo => ({ id, text: WORDS[id] ?? "?", special: id === 0 });
const tokens = (...ids: number[]) => ids.map(token);
/** <s> Ann has 3 and 10 : */
const PROMPT = tokens(0, 1, 2, 3, 4, 5, 6);
const MODEL = { nLayers: 2, dMlp: 8 };
const GIVEN: Given = {
  model: MODEL,
  prompt: { tokens: PROMPT.map(({ id }) => id) },
  position: 6,
  other: { text: "other", tokens: [0, 1, 2, 7, 4, 5, 6] },
  target: 7,
  minus: 3,
};

describe("the suggested prompt", () => {
  it("is this one with one number changed, the latest first", () => {
    const [latest, earlier, ...more] = donorCandidates(PROMPT, 6, tokens(7, 8));
    expect(textOf(latest!.tokens)).toBe(" Ann has 3 and 11 :");
    expect(latest!.changed).toEqual({ position: 5, from: "10", to: "11" });
    expect(textOf(earlier!.tokens)).toBe(" Ann has 4 and 10 :");
    expect(more).toEqual([]);
  });

  it("changes only what comes before the position that is read, and keeps the length", () => {
    const candidates = donorCandidates(PROMPT, 4, tokens(7));
    expect(candidates.map(({ changed }) => changed?.position)).toEqual([3]);
    expect(candidates[0]!.tokens).toHaveLength(PROMPT.length);
    // The largest number there is becomes the next smaller.
    expect(donorCandidates(PROMPT, 6, [])[0]!.changed).toEqual({ position: 5, from: "10", to: "3" });
    expect(donorCandidates(tokens(0, 1, 3), 2, [])).toEqual([]);
    const many = tokens(...Array<number>(40).fill(3));
    expect(donorCandidates(many, 39, tokens(7))).toHaveLength(MAX_CANDIDATES);
  });

  it("compares what the two runs expect most", () => {
    const named = ({ target, minus }: ReturnType<typeof suggestedTokens>) => [target?.id, minus?.id];
    expect(named(suggestedTokens(tokens(3, 7), tokens(7, 3)))).toEqual([7, 3]);
    expect(named(suggestedTokens(tokens(3, 7), tokens(3, 5)))).toEqual([3, 7]);
    expect(named(suggestedTokens(tokens(3, 7), undefined))).toEqual([3, 7]);
  });

  it("is cut into steps where this one is", () => {
    const parts = { prompt: [0, 1, 2], steps: [[3, 4], []], answerPrefix: [], answer: [5, 6] };
    expect(swapped(parts, tokens(0, 1, 2, 7, 4, 8, 6))).toEqual({
      ...{ prompt: " Ann has", steps: [" 4 and", ""], answerPrefix: "", answer: " 11 :" },
    });
    expect(swapped(parts, tokens(0, 1)).prompt).toBe(" Ann");
    expect(swapped(undefined, PROMPT).steps).toEqual([]);
  });
});

describe("requests", () => {
  it("come from the settings", () => {
    expect(requestsOf(DEFAULTS, GIVEN)).toEqual([
      {
        prompt: GIVEN.prompt,
        position: 6,
        axes: { kind: "layerPosition", site: "resid_pre", positions: [0, 1, 2, 3, 4, 5, 6] },
        change: { kind: "patch", from: GIVEN.other },
        metric: { kind: "logitDifference", target: 7, minus: 3 },
      },
    ]);
    // Positions after the one that is read are left out.
    expect(requestsOf(DEFAULTS, { ...GIVEN, position: 1 })).toMatchObject([{ axes: { positions: [0, 1] } }]);
    const parts = requestsOf({ ...DEFAULTS, axes: "part", change: "zero", metric: "kl" }, GIVEN);
    expect(parts).toMatchObject([{ axes: { kind: "layerHead" } }, { axes: { kind: "layerSublayer" } }]);
    const neurons = { ...DEFAULTS, axes: "neuron", layer: 1, neurons: "0-2", positions: "3", change: "zero" };
    expect(requestsOf(neurons, GIVEN)).toMatchObject([
      { axes: { kind: "neurons", layer: 1, neurons: [0, 1, 2], positions: [3] } },
    ]);
    const sites = { ...DEFAULTS, axes: "site", sites: "blocks.1.hook_mlp_out, embed" };
    expect(requestsOf(sites, GIVEN)).toMatchObject([{ axes: { sites: ["blocks.1.mlp_out", "embed"] } }]);
  });

  it("say what is missing", () => {
    const complaint = (settings: object, given: object = {}) =>
      (requestsOf({ ...DEFAULTS, ...settings }, { ...GIVEN, ...given }) as { complaint: string }).complaint;
    expect(complaint({}, { other: { text: "", tokens: [0, 1] } })).toMatch(/has 2 tokens, this one 7/);
    expect(complaint({}, { other: undefined })).toMatch(/another prompt/);
    expect(complaint({}, { minus: 7 })).toMatch(/same token/);
    expect(complaint({ positions: "0-7" })).toMatch(/position 7 does not exist/);
    expect(complaint({ axes: "neuron", neurons: "x" })).toMatch(/no neuron/);
    expect(complaint({ change: "mean" })).toMatch(/mean over/);
    expect(complaint({ axes: "site", sites: "blocks.7.mlp_out" })).toMatch(/no site blocks.7.mlp_out/);
    const set = { name: "one", prompts: [{ text: "", tokens: [0, 1, 2] }] };
    expect(complaint({ change: "resample" }, { set })).toMatch(/at least 7 tokens/);
  });

  it("to first order say where the gradient is taken and which cells are run", () => {
    const first = (more: object) => requestsOf({ ...DEFAULTS, order: "first", ...more }, GIVEN);
    const [exact] = requestsOf(DEFAULTS, GIVEN) as SweepRequest[];
    expect(first({})).toEqual([
      { ...exact, at: { kind: "prompt" }, check: { largest: 8, random: 8, seed: 7 } },
    ]);
    expect(first({ gradientAt: "path", pathSteps: 3 })).toMatchObject([{ at: { kind: "path", steps: 3 } }]);
    expect(first({ gradientAt: "donor", metric: "kl" })).toMatchObject([{ at: { kind: "donor" } }]);
    const unchecked = first({ checkLargest: 0, checkRandom: 0 }) as object[];
    expect(unchecked[0]).not.toHaveProperty("check");
    expect(first({ metric: "kl" })).toMatchObject({
      complaint: expect.stringMatching(/gradient in this prompt is 0/),
    });
    expect(first({ change: "zero", gradientAt: "donor" })).toMatchObject({
      complaint: expect.stringMatching(/no other prompt/),
    });
    expect(first({ gradientAt: "path", pathSteps: 0 })).toMatchObject({
      complaint: expect.stringMatching(/whole number of steps/),
    });
    expect(first({ checkLargest: 1.5 })).toMatchObject({
      complaint: expect.stringMatching(/whole number of cells/),
    });
  });

  it("of every preset are its settings", () => {
    for (const preset of presets(1)) expect(matches({ ...DEFAULTS, ...preset.set }, preset)).toBe(true);
    expect(matches(DEFAULTS, presets(0)[0]!)).toBe(true);
    expect(matches(DEFAULTS, presets(0)[1]!)).toBe(false);
  });
});

describe("the grid", () => {
  const request = {
    ...(requestsOf(DEFAULTS, GIVEN) as SweepRequest[])[0]!,
    axes: { kind: "layerHead", site: "attn.z" },
  } as SweepRequest;
  const sublayer = { ...request, axes: { kind: "layerSublayer" } } as SweepRequest;
  const result = (colLabels: string[], values: number[]): SweepResult => ({
    ...{ rowLabels: ["0", "1"], colLabels, values: Float32Array.from(values), base: 1, donor: 3 },
    ...{ cellsDone: values.length, cells: values.length, evaluatedTokens: 5, elapsedMs: 1 },
  });
  const outcome: Outcome = {
    requests: [request, sublayer],
    results: [result(["0", "1"], [1, 2, 3, NaN]), result(["attention", "MLP"], [5, 6, 7, 8])],
    metric: "logit(4) − logit(3)",
    tokens: WORDS,
    complete: true,
  };

  it("joins the columns of both requests", () => {
    const grid = gridOf(outcome)!;
    expect(grid.colLabels).toEqual(["head 0", "head 1", "attention", "MLP"]);
    expect([...grid.values]).toEqual([1, 2, 5, 6, 3, NaN, 7, 8]);
    expect(requestAt(outcome, 3)).toEqual({ request: sublayer, col: 1 });
    expect(largest(grid, 2)).toEqual([
      { row: 1, col: 3, value: 8 },
      { row: 1, col: 2, value: 7 },
    ]);
    expect([...drawingOf(outcome, grid, "share").values]).toEqual([0, 0.5, 2, 2.5, 1, NaN, 3, 3.5]);
    expect(describeCell(outcome, grid, "change", 0, 1)).toBe(
      "layer 0, head 1: logit(4) − logit(3) 2.000 · change +1.000 · +0.500 of the way",
    );
    expect(describeCell(outcome, grid, "change", 1, 1)).toBe("layer 1, head 1: not computed");
    expect(tableOf(outcome, grid).rows).toHaveLength(8);
  });

  it("gives cells as edits", () => {
    expect(editOfCell(request, 1, 0)).toEqual({
      ...{ kind: "patch", from: GIVEN.other, align: "position", strength: 1 },
      ...{ site: "attn.z", layers: [1], heads: [0] },
    });
    const [trace] = requestsOf(DEFAULTS, GIVEN) as SweepRequest[];
    expect(editOfCell({ ...trace!, change: { kind: "zero" } }, 1, 5)).toEqual({
      ...{ kind: "zero", strength: 1, site: "resid_pre", layers: [1], positions: [5] },
    });
    expect(placeText(trace!, 1, 5, WORDS)).toBe("layer 1, position 5 “ 10”");
    const neurons = { ...trace!, axes: { kind: "neurons", layer: 1, neurons: [4, 9] } } as SweepRequest;
    expect(editOfCell(neurons, 1, 0)).toMatchObject({ site: "mlp.post", layers: [1], dims: [9] });
    const sites = {
      ...trace!,
      axes: { kind: "sites", sites: ["embed", "blocks.1.mlp_out"] },
    } as SweepRequest;
    expect(editOfCell(sites, 0, 0)).toMatchObject({ site: "embed" });
    expect(editOfCell(sites, 1, 0)).toMatchObject({ site: "mlp_out", layers: [1] });
  });
});

describe("time left", () => {
  it("follows the speed so far", () => {
    expect(secondsLeft(10, 40, 20_000)).toBe(" · 60 s left");
    expect(secondsLeft(0, 40, 0)).toBe("");
    expect(secondsLeft(40, 40, 1)).toBe("");
  });
});
