/** The lens's words and numbers, on a small answer made by hand. */
import { describe, expect, it } from "vitest";
import type { LensResult, Prediction } from "../../../protocol/analysis";
import { siteLabel } from "../../../client/tokens/residualSites";
import {
  cellWords,
  curve,
  curveSeries,
  curveTable,
  gridTable,
  gridValues,
  scaleOf,
  selectedIndex,
  topRows,
  windowStart,
} from "./view";

const SITES = ["blocks.0.resid_pre", "blocks.0.resid_mid", "blocks.0.resid_post"];

/** Probability `p` on token `id`, the target at `rank` with probability p / 2. */
const cell = (id: number, p: number, rank: number): Prediction => ({
  top: { ids: Uint32Array.of(id, id + 1), logProbs: Float32Array.of(Math.log(p), Math.log(p / 2)) },
  entropy: 1 - p,
  targets: [{ logProb: Math.log(p / 2), rank }],
});

const NOW: LensResult = {
  sites: SITES,
  positions: [4, 5],
  cells: [
    [cell(1, 0.25, 99), cell(2, 0.125, 9)],
    [cell(3, 0.5, 9), cell(4, 0.25, 0)],
    [cell(5, 1, 0), cell(6, 0.5, 0)],
  ],
};
const BASELINE: LensResult = { ...NOW, cells: NOW.cells.map((row) => row.map(() => cell(6, 0.5, 9))) };
const textOf = (id: number) => `t${id}`;

describe("the window of positions", () => {
  it("stays while the pinned token is in it, and centres on it otherwise", () => {
    expect(windowStart(0, 5, 10, 16)).toBe(0);
    expect(windowStart(20, 30, 100, 16)).toBe(20);
    expect(windowStart(20, 36, 100, 16)).toBe(28);
    expect(windowStart(20, 19, 100, 16)).toBe(11);
  });
  it("never leaves the prompt", () => {
    expect(windowStart(0, 99, 100, 16)).toBe(84);
    expect(windowStart(84, 3, 100, 16)).toBe(0);
    // A shorter prompt than before.
    expect(windowStart(84, 9, 20, 16)).toBe(4);
  });
});

describe("rows", () => {
  it("have the layer's number and the place in it", () => {
    expect(SITES.map(siteLabel)).toEqual(["0 pre", "0 mid", "0 post"]);
  });
  it("are chosen by site, then by layer, then the output", () => {
    const sites = [...SITES, "blocks.1.resid_mid", "blocks.1.resid_post"];
    expect(selectedIndex(sites, "", 0)).toBe(4);
    expect(selectedIndex(sites, "blocks.0.resid_mid", 0)).toBe(1);
    expect(selectedIndex(sites, "blocks.1.resid_mid", 0)).toBe(2);
    expect(selectedIndex(sites, "blocks.1.resid_mid", 9)).toBe(4);
  });
});

describe("cells", () => {
  const both = { now: NOW, baseline: BASELINE };

  it("have the output on top", () => {
    expect([...gridValues({ now: NOW }, "top", "now")]).toEqual([1, 0.5, 0.5, 0.25, 0.25, 0.125]);
    expect([...gridValues({ now: NOW }, "entropy", "difference")]).toEqual([0, 0.5, 0.5, 0.75, 0.75, 0.875]);
  });
  it("are those of one side, or their difference", () => {
    expect([...gridValues(both, "top", "baseline")]).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expect([...gridValues(both, "target", "difference")]).toEqual([0.25, 0, 0, -0.125, -0.125, -0.1875]);
    expect([...gridValues(both, "rank", "difference")]).toEqual([-1, -1, 0, -1, 1, 0]);
  });
  it("write ranks as ranks", () => {
    const { format, domain } = scaleOf("rank", "now", 1000);
    expect([0, 1, 2].map(format)).toEqual(["0", "9", "99"]);
    expect(domain).toEqual([0, 3]);
    expect(scaleOf("top", "difference", 1000).kind).toBe("signed");
  });
  it("say where they are and what is most probable there", () => {
    expect(cellWords(SITES[2]!, "position 4 “x”", NOW.cells[2]![0]!, textOf)).toBe(
      "0 post · position 4 “x” → t5 1.000, t6 0.500 · entropy 0.00 nats",
    );
  });
  it("list tokens beside what they have in the baseline's list", () => {
    const rows = topRows(NOW.cells[2]![0]!, BASELINE.cells[2]![0], (id) => (id === 5 ? " t5" : "t6"));
    expect(rows).toEqual([
      { id: 5, text: "·t5", now: 1, baseline: NaN },
      { id: 6, text: "t6", now: expect.closeTo(0.5, 6), baseline: expect.closeTo(0.5, 6) },
    ]);
  });
});

describe("tables and curves", () => {
  it("hold every cell, both sides, in the order of the forward pass", () => {
    const table = gridTable({ now: NOW, baseline: BASELINE }, ["x", "y"], textOf);
    expect(table.columns.map(({ name }) => name)).toEqual([
      ...["site", "position", "token"],
      ...["top token", "probability", "entropy, nats", "log p(target), nats", "rank(target)"],
      ...["top token, baseline", "probability, baseline", "entropy, nats, baseline"],
      ...["log p(target), nats, baseline", "rank(target), baseline"],
    ]);
    expect(table.rows).toHaveLength(6);
    expect(table.rows[1]!.slice(0, 6)).toEqual([
      "blocks.0.resid_pre",
      5,
      "y",
      "t2",
      expect.closeTo(0.125, 6),
      0.875,
    ]);
  });
  it("follow the target through the layers", () => {
    expect([...curve(NOW, 0, "probability")]).toEqual([0.125, 0.25, 0.5]);
    expect([...curve(NOW, 0, "rank")]).toEqual([2, 1, 0]);
    expect([...curve(NOW, 1, "rank")]).toEqual([NaN, NaN, NaN]);
    const series = curveSeries({ now: NOW, baseline: BASELINE }, ["“a”"], "rank");
    expect(series.map(({ name, dashed }) => [name, dashed])).toEqual([
      ["“a”", undefined],
      ["“a”, baseline", true],
    ]);
    expect(curveTable(SITES, series, "rank").rows[0]).toEqual(["blocks.0.resid_pre", 2, 1]);
  });
});
