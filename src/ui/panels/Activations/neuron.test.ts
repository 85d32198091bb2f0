/** A neuron's rows: the strongest tokens, the tokens that are written out, its own edit among others. */
import { expect, it } from "vitest";
import type { Edit } from "../../../protocol/interventions";
import { activationRows, activationTable, shownTokens, strongest, zeroEditOf } from "./neuron";

const TOKENS = ["a", "b", "c", "d"];

it("lists the strongest, now or at baseline", () => {
  const rows = activationRows(TOKENS, Float32Array.of(0, -3, 0, 1), Float32Array.of(0, 0, 2, 1));
  expect(strongest(rows, 3).map(({ token }) => token)).toEqual(["b", "c", "d"]);
  expect(activationTable(rows, true).rows[1]).toEqual([1, "b", -3, 0]);
  const alone = activationRows(TOKENS, Float32Array.of(0, -3, 0, 1), undefined);
  expect(strongest(alone, 2).map(({ token }) => token)).toEqual(["b", "d"]);
  expect(activationTable(alone, false).columns).toHaveLength(3);
});

it("writes out so many tokens around one", () => {
  expect(shownTokens(10, 4, 100)).toEqual([0, 10]);
  expect(shownTokens(1000, 500, 100)).toEqual([450, 550]);
  expect(shownTokens(1000, 999, 100)).toEqual([900, 1000]);
  expect(shownTokens(1000, 3, 100)).toEqual([0, 100]);
});

it("knows its own edit", () => {
  const zero = { id: "a", on: true, kind: "zero", site: "mlp.post", layers: [2], dims: [7], strength: 1 };
  const edits = [{ ...zero, id: "b", dims: [8] }, { ...zero, id: "c", positions: [1] }, zero] as Edit[];
  expect(zeroEditOf(edits, 2, 7)?.id).toBe("a");
  expect(zeroEditOf(edits, 1, 7)).toBeUndefined();
});
