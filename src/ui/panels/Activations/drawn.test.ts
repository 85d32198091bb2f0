/** Words and table of a drawn window. */
import { expect, it } from "vitest";
import { asDrawn, cellWords, windowTable } from "./drawn";
import { layoutOf, whole } from "./layout";

const TOKENS = ["Ann", "has", "3"];
const layout = layoutOf("blocks.0.attn.scores", [2, 3, 3], 1, false);
const values = Float32Array.of(1, -Infinity, -Infinity, 2, -0.5, -Infinity, 3, 4, NaN);
const drawn = {
  layout,
  frame: whole(layout),
  data: { rows: 3, cols: 3, rowStep: 1, colStep: 1, data: values },
};

it("leaves blank what is not finite, and says what it is", () => {
  expect([...asDrawn(drawn, TOKENS).values]).toEqual([1, NaN, NaN, 2, -0.5, NaN, 3, 4, NaN]);
  expect(cellWords(drawn, TOKENS, 0, 2)).toBe("query 0 Ann · key 2 3: −∞");
  expect(cellWords(drawn, TOKENS, 1, 1)).toBe("query 1 has · key 1 has: −0.5000");
  expect(cellWords(drawn, TOKENS, 2, 2)).toContain("not a number");
});

it("has a row for every drawn cell", () => {
  const { rows } = windowTable(drawn, TOKENS);
  expect(rows).toHaveLength(9);
  expect(rows[3]).toEqual(["1 has", "0 Ann", 2]);
  const pooled = {
    ...drawn,
    data: { rows: 2, cols: 1, rowStep: 2, colStep: 3, data: Float32Array.of(2, 4) },
  };
  expect(windowTable(pooled, TOKENS).rows).toEqual([
    ["0–1", "0–2", 2],
    ["2 3", "0–2", 4],
  ]);
  expect(cellWords(pooled, TOKENS, 0, 0)).toBe("query 0–1 · key 0–2: 2.0000, the largest of these");
});
