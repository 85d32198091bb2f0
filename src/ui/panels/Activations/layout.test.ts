/** Matrices of tensors: which part is read, where zooming and panning lead, what cells are called. */
import { describe, expect, it } from "vitest";
import {
  colSpan,
  colsAt,
  headsOf,
  layoutOf,
  panRange,
  rowsAt,
  tokenSpan,
  whole,
  windowOf,
  zoomRange,
} from "./layout";

describe("layoutOf", () => {
  it("has tokens on one axis, whatever the site", () => {
    expect(layoutOf("blocks.0.mlp.post", [5, 64], 3, false)).toMatchObject({
      rows: 5,
      cols: 64,
      colTitle: "neuron",
    });
    expect(layoutOf("logits", [5, 900], 0, false)).toMatchObject({
      rows: 5,
      cols: 900,
      colTitle: "token id",
    });
    const pattern = layoutOf("blocks.0.attn.pattern", [4, 5, 7], 2, true);
    expect(pattern).toMatchObject({ leading: [2], rows: 5, cols: 7, rowTitle: "query", colTitle: "key" });
    const z = layoutOf("blocks.0.attn.z", [5, 4, 16], 2, false);
    expect(z).toMatchObject({ leading: [], rows: 5, cols: 16, firstCol: 32, colTitle: "dimension" });
    expect(windowOf(z, { rows: [1, 3], cols: [2, 6] }, 9, 8)).toMatchObject({
      rows: [1, 3],
      cols: [34, 38],
      minus: 8,
    });
    const all = layoutOf("blocks.0.attn.z", [5, 4, 16], 2, true);
    expect(whole(all)).toEqual({ rows: [0, 5], cols: [0, 64] });
    expect(colSpan(all, [33, 34], [])).toBe("2.1");
  });

  it("stays among the heads that there are", () => {
    // Key-value heads are fewer than the head that is chosen elsewhere.
    expect(layoutOf("blocks.0.attn.k", [5, 2, 16], 7, false).firstCol).toBe(16);
    expect(headsOf("blocks.0.attn.k", [5, 2, 16])).toBe(2);
    expect(headsOf("blocks.0.attn.pattern", [4, 5, 5])).toBe(4);
    expect(headsOf("embed", [5, 16])).toBe(0);
  });
});

describe("ranges", () => {
  it("zoom around what is pointed at, and back to everything", () => {
    expect(zoomRange([0, 1000], 1000, 2, 500)).toEqual([250, 750]);
    expect(zoomRange([0, 1000], 1000, 2, 0)).toEqual([0, 500]);
    expect(zoomRange([0, 1000], 1000, 2, 999)).toEqual([500, 1000]);
    expect(zoomRange([250, 750], 1000, 0.5, 600)).toEqual([0, 1000]);
    expect(zoomRange([4, 14], 1000, 100, 9)).toEqual([5, 13]);
    expect(zoomRange([0, 3], 3, 2, 1)).toEqual([0, 3]);
  });

  it("pan to the ends and no further", () => {
    expect(panRange([10, 20], 100, -30)).toEqual([0, 10]);
    expect(panRange([10, 20], 100, 500)).toEqual([90, 100]);
  });
});

it("writes token ids with their texts where it knows them", () => {
  const layout = layoutOf("logits", [5, 900], 0, false);
  const vocabulary = new Map([[7, "plums"]]);
  expect(colSpan(layout, [7, 8], [], vocabulary)).toBe("7 plums");
  expect(colSpan(layout, [8, 9], [], vocabulary)).toBe("8");
  expect(colSpan(layout, [6, 9], [], vocabulary)).toBe("6–8");
});

it("names what a drawn cell stands for", () => {
  const layout = layoutOf("blocks.0.attn.pattern", [1, 100, 100], 0, false);
  const frame = { rows: [10, 21], cols: [0, 100] } as const;
  const data = { rows: 3, cols: 100, rowStep: 4, colStep: 1, data: new Float32Array(300) };
  const drawn = { layout, frame, data };
  expect(rowsAt(drawn, 2)).toEqual([18, 21]);
  expect(colsAt(drawn, 7)).toEqual([7, 8]);
  const tokens = Array.from({ length: 100 }, (_, i) => `t${i}`);
  expect(tokenSpan(rowsAt(drawn, 2), tokens)).toBe("18–20");
  expect(colSpan(layout, colsAt(drawn, 7), tokens)).toBe("7 t7");
});
