/** A trace of three tokens: which prediction belongs to which token. */
import { expect, it } from "vitest";
import { alongText, BEFORE, tokensOf, traceRows, traceTable } from "./trace";

const weighted = (id: number, value: number) => ({
  ids: Uint32Array.of(id),
  values: Float32Array.of(value),
});
/** Ablated at position 1 of four tokens. */
const RESULT = {
  positions: [1, 2, 3],
  lossChange: Float32Array.of(0.5, -0.25, NaN),
  kl: Float32Array.of(0.1, 0.2, 0.3),
  up: [weighted(7, 2), weighted(8, 1), weighted(7, 0.5)],
  down: [weighted(9, -2), weighted(9, -1), weighted(8, -0.5)],
  ablationSparsity: 0.1,
};
const TOKENS = ["<s>", "a", "b", "c"];
const textOf = (id: number) => ` t${id}`;

it("names the token that each prediction is about", () => {
  const rows = traceRows(RESULT, TOKENS, textOf);
  expect(rows.map(({ position, token }) => [position, token])).toEqual([
    [2, "b"],
    [3, "c"],
    [4, "(what comes next)"],
  ]);
  expect(rows[0]).toMatchObject({ lossChange: 0.5, up: ["·t7 +2.00"], down: ["·t9 −2.00"] });
  expect([...alongText(rows, 4, "lossChange")]).toEqual([NaN, NaN, 0.5, -0.25]);
  expect(tokensOf(RESULT)).toEqual([7, 8, 7, 9, 9, 8]);
});

it("marks what was predicted before", () => {
  const { rows } = traceTable(traceRows(RESULT, TOKENS, textOf), TOKENS);
  expect(rows.map(([position, , note]) => [position, note])).toEqual([
    [0, BEFORE],
    [1, BEFORE],
    [2, ""],
    [3, ""],
    [4, ""],
  ]);
});
