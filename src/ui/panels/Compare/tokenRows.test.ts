import { expect, it } from "vitest";
import { TEST_MODEL } from "../../state/testEngine";
import type { Aligned } from "./compared";
import { alignByToken, pairsOf } from "./align";
import type { ActivationDifference } from "./activation";
import { DifferenceRows } from "./difference";
import { columnLabels, differenceTable, heatOf, partsOf, rowTable } from "./differenceView";
import type { Side } from "./sides";
import { tokenColumns } from "./tokenRows";

const side = (text: string): Side => ({
  ...{ slot: "main", info: TEST_MODEL, edits: [], promptWords: "", isStrip: true },
  source: { kind: "tokens", tokens: [] },
  tokens: text.split(" ").map((word, id) => ({ id, text: ` ${word}`, special: false })),
});

function aligned(left: string, right: string): Aligned {
  const columns = alignByToken(left.split(" "), right.split(" ")) ?? [];
  return { left: side(left), right: side(right), columns, pairs: pairsOf(columns), by: "token" };
}

it("names both tokens of a column, their gap, and how far apart the pair is", () => {
  const shown = aligned("a b c", "a x b c");
  const columns = tokenColumns(shown, [0, 4], Float32Array.of(0, 0.5, 2));
  expect(columns.map(({ label }) => label)).toEqual([
    "left a, right a, KL 0.000 nats",
    "left gap, right x",
    "left b, right b, KL 0.500 nats",
    "left c, right c, KL 2.000 nats",
  ]);
  expect(columns.map(({ pair }) => pair)).toEqual([0, -1, 1, 2]);
  expect(columns.map(({ share }) => share)).toEqual([0, 0, 0.25, 1]);
  expect(columns.map(({ differs }) => differs)).toEqual([false, true, false, false]);
});

it("marks no pair fully whose KL is next to nothing", () => {
  const columns = tokenColumns(aligned("a b", "a b"), [0, 2], Float32Array.of(2e-5, 1e-5));
  expect(columns[0]!.share).toBeCloseTo(2e-4, 9);
});

it("shows a page of them, with the pairs of the whole, and before anything is measured", () => {
  const [third] = tokenColumns(aligned("a b c", "a x b c"), [2, 3], undefined);
  expect(third).toMatchObject({ pair: 1, left: "b", share: 0, label: "left b, right b" });
});

it("labels an activation's difference by its dimensions, heads or keys", () => {
  const shown = aligned("a b", "a b");
  const rows = new DifferenceRows(2, 4);
  rows.set(0, Float32Array.of(1, 2, 3, 4), new Float32Array(4));
  rows.set(1, new Float32Array(4), new Float32Array(4));
  const difference: ActivationDifference = {
    ...{ aligned: shown, site: "blocks.0.attn.z", head: undefined, columns: "dimension", heads: 2, rows },
  };
  expect(columnLabels(difference)).toEqual(["h0 0", "h0 1", "h1 0", "h1 1"]);
  expect(columnLabels({ ...difference, heads: 1 })).toEqual(["0", "1", "2", "3"]);
  const pooled = { ...rows, width: 7, colStep: 2 } as DifferenceRows;
  expect(columnLabels({ ...difference, heads: 1, rows: pooled })).toEqual(["0–1", "2–3", "4–5", "6"]);
  expect(partsOf({ ...difference, head: 1, rows: pooled })).toEqual([
    "blocks.0.attn.z, head 1",
    "2 columns to a cell, the largest |difference| shown",
  ]);
  // Elements of a size of 2.7 on the left: what is smaller than a twentieth of that is pale.
  const near = new DifferenceRows(2, 4);
  near.set(0, Float32Array.of(1, 2, 3, 4), Float32Array.of(1, 2, 3, 4.001));
  expect(heatOf({ ...difference, rows: near }).domain[1]).toBeCloseTo(0.05 * Math.sqrt(30 / 4), 3);
  expect(heatOf(difference).title).toBe("Left − right of blocks.0.attn.z");
  expect(differenceTable(difference).rows[0]).toEqual([0, 0, "a", 1, 2, 3, 4]);
  expect(rowTable(difference).rows[1]?.slice(0, 6)).toEqual([1, 1, "b", 0, 0, 0]);
});
