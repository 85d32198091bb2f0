/**
 * Rows and readings on ledger itself: the rows are those that the chain's values are computed on, and what is summed
 * and read is what plain runs hold.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { EngineApi, ModelInfo } from "../../../protocol/api";
import type { ChainTokens } from "../../../protocol/chain";
import { blockSite } from "../../../protocol/sites";
import { createCpuDevice } from "../../../engine/device/cpu";
import { createEngine } from "../../../engine/engine";
import { filesFromFolder } from "../../../engine/formats/bytes/sourceNode";
import { chainNumbers } from "../../../client/chain/chainNumbers";
import { ablatedRow, answerPositions, type AblatedRow } from "../../../client/chain/ablatedRow";
import { headGrid, movedGrid } from "./headsView";
import { answerCurve } from "./lensView";
import { answerLatents, stepLatents } from "./latentsView";
import { readAttention, readCodes, readLens, type Pair } from "./readInside";

const LEDGER = join(import.meta.dirname, "../../../../static/models/ledger");
const SAE = join(LEDGER, "sae/blocks.3.resid_post");
const [EXAMPLE] = JSON.parse(readFileSync(join(LEDGER, "examples.json"), "utf8")) as {
  prompt: string;
  steps: string[];
  answerPrefix: string;
  answer: string;
}[];

let engine: EngineApi;
let model: ModelInfo;
let chain: ChainTokens;
let fillerId: number;
beforeAll(async () => {
  const files = (await filesFromFolder(LEDGER)).filter(({ name }) => !name.includes("examples"));
  engine = createEngine({
    openDevice: async () => ({ device: await createCpuDevice(), reason: "" }),
    openSae: async () => filesFromFolder(SAE),
    openFiles: async () => files,
  });
  model = await engine.loadModel({ kind: "embedded", name: "ledger" }, "f32", "load");
  chain = await engine.tokenizeChain(EXAMPLE!);
  fillerId = (await engine.tokenize(" .", false))[0]!.id;
});

const MODES = ["delete", "mask", "replace"] as const;
type Mode = (typeof MODES)[number] | "mean";
/** Without step 2, step 1 toggled off or not. */
function pair(mode: Mode, others = [true, true, true, true]): Pair<AblatedRow> {
  const row = (has: boolean) =>
    ablatedRow(
      chain,
      others.map((is, i) => (i === 2 ? has : is)),
      { mode, fillerId },
    );
  return { with: row(true), without: row(false) };
}
const values = async (mode: Mode, coalitions: boolean[][]) =>
  (await engine.coalitions({ chain, mode, fillerId, coalitions, topK: 0 })).map(({ logProb }) => logProb);

it("reads the rows that the chain's values are of", async () => {
  for (const mode of MODES) {
    for (const others of [
      [true, true, true, true],
      [false, true, true, true],
      [true, false, true, false],
    ]) {
      const [present, absent] = await values(mode, [others, others.map((is, i) => i !== 2 && is)]);
      const chains = pair(mode, others);
      const lens = await readLens(engine, chain, chains, chains.with.spans[3]!, "lens");
      expect(answerCurve(lens.answer.with).at(-1)).toBeCloseTo(present!, 4);
      expect(answerCurve(lens.answer.without).at(-1)).toBeCloseTo(absent!, 4);
    }
  }
});

it("takes numbers away with their repeats", async () => {
  const numbers = await chainNumbers(engine, chain);
  const ablation = { mode: "symbol", fillerId, numbers } as const;
  const { prompt } = ablatedRow(chain, [true, true, false, true], ablation);
  const texts = (await engine.describeTokens(prompt.tokens)).map(({ text }) => text);
  // Of "first Kim 6 + 4 = 10 ." all three numbers are new, and "last Kim 10 - 5 = 5 Kim ." repeats one.
  expect(texts.join("")).toContain("first Kim . + . = . . last Kim . - 5 = 5 Kim .");
});

it("sums the pattern of a plain run over the step's keys", async () => {
  for (const mode of ["delete", "mask"] as const) {
    const chains = pair(mode);
    const attention = await readAttention(engine, model, chains, "heads");
    const { spans, answerAt, prompt } = chains.with;
    const [, , , step] = spans;
    const { captures } = await engine.run({
      rows: [{ tokens: prompt.tokens }],
      capture: [1, 3].map((layer) => blockSite(layer, "attn.pattern")),
    });
    const grid = headGrid(attention, 3, "with");
    for (const { site, data, shape } of captures) {
      const layer = site === blockSite(1, "attn.pattern") ? 1 : 3;
      for (let head = 0; head < model.nHeads; head++) {
        const row = (head * shape[1]! + answerAt) * shape[2]!;
        const sum = data.slice(row + step!.first, row + step!.end).reduce((a, b) => a + b, 0);
        expect(grid[layer * model.nHeads + head]).toBeCloseTo(sum, 5);
      }
    }
    // Every head's weights add up to one in both runs, and none go to a step that is not there.
    for (const run of ["with", "without"] as const) {
      const total = spans.map((_, part) => headGrid(attention, part, run));
      grid.forEach((_, i) => expect(total.reduce((sum, part) => sum + part[i]!, 0)).toBeCloseTo(1, 5));
    }
    expect(Math.max(...headGrid(attention, 3, "without"))).toBe(0);
    // What a head gave to the step it has to give to another part.
    movedGrid(attention).forEach((moved, i) => expect(moved).toBeGreaterThanOrEqual(grid[i]! - 1e-5));
  }
});

it("reads attention the same a layer at a time", async () => {
  const chains = pair("mask");
  const whole = await readAttention(engine, model, chains, "whole");
  const apart = await readAttention(engine, model, chains, "apart", 1);
  expect(apart.without.values).toEqual(whole.without.values);
});

it("takes a masked step's keys from every later token, as hidden positions do", async () => {
  const { without } = pair("mask");
  const [, , , step] = without.spans;
  const hidden = Array.from({ length: step!.end - step!.first }, (_, i) => step!.first + i);
  const { tokens } = without.prompt;
  const { scores } = await engine.run({
    rows: [
      { tokens: tokens.slice(0, step!.end) },
      { tokens: tokens.slice(step!.end), parent: 0, hiddenPositions: hidden },
    ],
    score: [{ row: 1, position: without.answerAt, target: chain.answer[0]! }],
  });
  const lens = await engine.logitLens(
    { prompt: without.prompt, positions: [without.answerAt], targets: chain.answer, k: 1 },
    "lens",
  );
  expect(lens.cells.at(-1)![0]!.targets[0]!.logProb).toBeCloseTo(scores[0]!, 4);
});

it("means the embeddings of the steps' tokens", async () => {
  const { without } = pair("mean");
  const [, , , step] = without.spans;
  const refs = await engine.capture(
    { prompts: [without.prompt, { tokens: without.prompt.tokens }], sites: ["embed"] },
    "mean",
  );
  const read = async (id: number) =>
    (
      await engine.readTensor({
        ...{ id, leading: [], rows: [0, without.prompt.tokens.length], cols: [0, model.dModel] },
        ...{ maxRows: 1000, maxCols: 1000 },
      })
    ).data;
  const [edited, plain] = [await read(refs[0]!.id), await read(refs[1]!.id)];
  await engine.releaseTensors(refs.map(({ id }) => id));
  const first = chain.prompt.length;
  const count = chain.steps.flat().length;
  const mean = Array.from({ length: model.dModel }, (_, d) => {
    let sum = 0;
    for (let t = first; t < first + count; t++) sum += plain[t * model.dModel + d]!;
    return sum / count;
  });
  const at = (data: Float32Array, position: number) =>
    data.slice(position * model.dModel, (position + 1) * model.dModel);
  mean.forEach((value, d) => expect(at(edited, step!.first + 1)[d]).toBeCloseTo(value, 5));
  expect(at(edited, step!.end)).toEqual(at(plain, step!.end));
});

it("reads latents over the step and at the answer", async () => {
  const [sae] = await engine.attachSaes({ kind: "embedded", model: "ledger", folder: "x" }, undefined, "sae");
  const chains = pair("delete");
  const codes = await readCodes(engine, sae!, chains, "codes");
  const [, , , step] = chains.with.spans;
  const plain = await engine.saeDecode(
    { sae: sae!.id, prompt: { tokens: chains.with.prompt.tokens }, listed: sae!.nLatents },
    "plain",
  );
  const [first] = stepLatents(codes.with, step!);
  const { ids, values: all, listed } = plain;
  const inStep = [...all.slice(step!.first * listed, step!.end * listed)];
  expect(first!.value).toBeCloseTo(Math.max(...inStep), 4);
  expect(
    ids[first!.position * listed + [...ids.slice(first!.position * listed)].indexOf(first!.latent)],
  ).toBe(first!.latent);
  // The step holds what the answer copies: without it the answer's code is another.
  const changed = answerLatents(codes, { with: chains.with.answerAt, without: chains.without.answerAt });
  expect(changed.some(({ fate }) => fate === "appears")).toBe(true);
  expect(changed.some(({ fate }) => fate === "vanishes")).toBe(true);
  expect(answerPositions(chains.without, chain)).toEqual([chains.without.answerAt]);
});
