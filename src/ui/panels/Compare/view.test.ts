import { describe, expect, it } from "vitest";
import type { Prediction } from "../../../protocol/analysis";
import { TEST_MODEL } from "../../state/testEngine";
import { lineChartSvg } from "../../charts/lineChartSvg";
import { PAPER } from "../../charts/svg";
import { DifferenceRows } from "./difference";
import { rowSeries } from "./differenceView";
import { commonSites, curveOf, nextRows, pageAround, pairAt, siteOf } from "./view";

const prediction = (...top: readonly (readonly [id: number, p: number])[]): Prediction => ({
  top: {
    ids: Uint32Array.from(top, ([id]) => id),
    logProbs: Float32Array.from(top, ([, p]) => Math.log(p)),
  },
  entropy: 0,
  targets: [],
});

const SAME = { left: { info: TEST_MODEL }, right: { info: TEST_MODEL } };

it("draws no norm of a difference of two models that have no common basis", () => {
  const rows = new DifferenceRows(1, 2);
  rows.set(0, Float32Array.of(1, 2), Float32Array.of(2, 1));
  const names = (sha256: string, site: string) => {
    const aligned = { ...SAME, right: { info: { ...TEST_MODEL, sha256 } } };
    const curves = rowSeries({ site, head: undefined, rows, aligned } as never, "norm");
    return curves.series.map(({ name }) => name);
  };
  expect(names("cd", "embed")).toEqual(["left", "right"]);
  expect(names("cd", "logits")).toContain("left − right");
  expect(names(TEST_MODEL.sha256, "embed")).toContain("left − right");
});

it("gives each side one colour in every curve, on the screen and on paper", () => {
  const numbers = [0.5, 1];
  const result = {
    ...{ kl: numbers, baseNext: numbers, otherNext: numbers },
    ...{ base: [prediction([1, 1])], other: [prediction([1, 1])] },
  };
  const rows = new DifferenceRows(1, 2);
  rows.set(0, Float32Array.of(1, 2), Float32Array.of(2, 1));
  const curves = [
    curveOf({ result } as never, "logProb"),
    curveOf({ result } as never, "entropy"),
    rowSeries({ site: "embed", head: undefined, rows, aligned: SAME } as never, "norm"),
  ];
  for (const { series, ...rest } of curves) {
    const colours = Object.fromEntries(series.map(({ name, colour }) => [name, colour]));
    expect(colours).toMatchObject({ left: "sideA", right: "sideB" });
    const svg = lineChartSvg({ ...rest, series, xLabels: ["a", "b"], xTitle: "token", caption: "" });
    const legend = [...svg.matchAll(/h24" fill="none" stroke="(#\w+)".*?\n<text[^>]*>([^<]+)/g)];
    expect(Object.fromEntries(legend.map(([, colour, name]) => [name, colour]))).toMatchObject({
      left: PAPER.sideA,
      right: PAPER.sideB,
    });
  }
});

describe("next tokens", () => {
  const texts = new Map([
    [1, " a"],
    [2, " b"],
    [3, " c"],
  ]);

  it("puts both probabilities beside each token, and a bound where one list ends before it", () => {
    const rows = nextRows(
      [prediction([1, 0.5], [2, 0.25]), texts],
      [prediction([3, 0.75], [1, 0.125]), texts],
      3,
    );
    expect(rows.map(({ text }) => text)).toEqual([" c", " a", " b"]);
    expect(rows[0]).toMatchObject({
      left: expect.closeTo(0.25),
      leftIsBelow: true,
      right: expect.closeTo(0.75),
      rightIsBelow: false,
    });
    expect(rows[1]).toMatchObject({
      left: expect.closeTo(0.5),
      right: expect.closeTo(0.125),
      leftIsBelow: false,
      rightIsBelow: false,
    });
    expect(rows[2]).toMatchObject({
      left: expect.closeTo(0.25),
      right: expect.closeTo(0.125),
      rightIsBelow: true,
    });
  });

  it("matches other vocabularies by text, and leaves out the mark for no token", () => {
    const other = new Map([[7, " a"]]);
    const rows = nextRows([prediction([1, 0.5]), texts], [prediction([7, 0.25], [0xffffffff, 0]), other], 5);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ text: " a", left: expect.closeTo(0.5), right: expect.closeTo(0.25) });
  });
});

it("finds the pair of a position, or the one before it", () => {
  const pairs = [
    [1, 0],
    [2, 3],
    [5, 4],
  ] as const;
  expect([0, 1, 2, 4, 5, 9].map((at) => pairAt(pairs, 0, at))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(pairAt(pairs, 1, 3)).toBe(1);
});

it("shows a page around the chosen one, inside what there is", () => {
  expect(pageAround(10, 0, 4)).toEqual([0, 4]);
  expect(pageAround(10, 5, 4)).toEqual([3, 7]);
  expect(pageAround(10, 9, 4)).toEqual([6, 10]);
  expect(pageAround(3, 1, 4)).toEqual([0, 3]);
});

it("offers the sites that both models have", () => {
  const fewer = { ...TEST_MODEL, sites: TEST_MODEL.sites.filter((site) => !site.includes("mlp")) };
  const names = commonSites(TEST_MODEL, fewer).map(({ name }) => name);
  expect(names).toContain("attn.pattern");
  expect(names).not.toContain("mlp.post");
  expect([siteOf("attn.z", 2), siteOf("logits", 2)]).toEqual(["blocks.2.attn.z", "logits"]);
});
