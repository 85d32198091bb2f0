import { expect, it } from "vitest";
import type { SaeTrainingInfo } from "../../../protocol/sae/training";
import { curves, curveTable, progressWords, requestOf, saesOf, standings, type TrainSettings } from "./view";

const SETTINGS: TrainSettings = {
  ...{ kind: "transcoder", layers: [1, 3], nLatents: 64, k: 4, contextSize: 32, steps: 200, batch: 128 },
  ...{ rate: 1e-3, auxK: 8, deadAfter: 1000, seed: 7 },
};

const INFO: SaeTrainingInfo = {
  ...{ id: 1, name: "noise", step: 50, steps: 200, rate: 1e-3, tokensPerSecond: 1280 },
  ...{ tokensSeen: 6400, corpusTokens: 9000, heldOutTokens: 500 },
  saes: [
    {
      points: [
        { step: 1, loss: 2, dead: 0, gradientLength: 3 },
        { step: 2, loss: 1, dead: 5, gradientLength: 2 },
      ],
      heldOut: [
        { step: 25, fvu: 0.5, l0: 4 },
        { step: 50, fvu: 0.25, l0: 3.5 },
      ],
    },
    { points: [{ step: 2, loss: 4, dead: 0, gradientLength: 1 }], heldOut: [] },
  ],
};

it("asks for one transcoder for each layer, each with a seed of its own", () => {
  const saes = saesOf(SETTINGS);
  expect(saes.map(({ siteIn, siteOut, seed }) => [siteIn, siteOut, seed])).toEqual([
    ["blocks.1.ln2.normalized", "blocks.1.mlp_out", 8],
    ["blocks.3.ln2.normalized", "blocks.3.mlp_out", 10],
  ]);
  const request = requestOf(SETTINGS, { name: "noise", documents: [[1]], addBos: true });
  expect(request.schedule).toEqual({ rate: 1e-3, warmUp: 10, decay: 0.8 });
  expect(saesOf({ ...SETTINGS, kind: "residual" })[0]).toMatchObject({
    siteIn: "blocks.1.resid_post",
    siteOut: "blocks.1.resid_post",
  });
});

it("draws every autoencoder over the steps that any has, with gaps", () => {
  const drawn = curves(INFO, saesOf(SETTINGS), "loss");
  expect(drawn.steps).toEqual([1, 2]);
  expect(drawn.series.map(({ name, values }) => [name, values])).toEqual([
    ["block 1: MLP", [2, 1]],
    ["block 3: MLP", [NaN, 4]],
  ]);
  expect(curves(INFO, saesOf(SETTINGS), "heldOut").series[0]!.values).toEqual([0.5, 0.25]);
  expect(curveTable(INFO, saesOf(SETTINGS), "dead").rows).toEqual([
    [1, 0, NaN],
    [2, 5, 0],
  ]);
});

it("says where each stands, and what is not measured", () => {
  const [first, second] = standings(INFO, saesOf(SETTINGS));
  expect(first).toMatchObject({ explained: "75.0 %", fvu: 0.25, l0: 3.5, dead: 5 });
  expect(second).toMatchObject({ explained: "not measured yet", dead: 0 });
});

it("says how far it is", () => {
  expect(progressWords(INFO, 128)).toBe("step 50 of 200 · 1,280 tokens/s · 15 s left");
  expect(progressWords({ ...INFO, step: 200 }, 128)).toBe("step 200 of 200 · 1,280 tokens/s");
});
