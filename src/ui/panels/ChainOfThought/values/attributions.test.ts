/** Ways to attribute, side by side. */
import { expect, it } from "vitest";
import { barTable } from "../../../charts/barColumns";
import { barColumnsSvg } from "../../../charts/barColumnsSvg";
import type { ChainState } from "../../../state/chain/chain.svelte";
import { attributionsOf, rankCorrelations } from "./attributions";

const phi = { values: [1, 3], low: [0.5, 3], high: [1.5, 3] };
const chain = {
  steps: [{ text: " a ." }, { text: " b ." }, { text: " c ." }],
  effect: { earlyValues: [-4, -4, -1, 0], loo: [2, 4, 1] },
  game: {
    result: { phi, leaveOneIn: [0, 1] },
    // The second step does not play.
    perStep: (values?: readonly number[]) => [values?.[0] ?? NaN, NaN, values?.[1] ?? NaN],
  },
} as unknown as ChainState;

it("lines the ways up by step, without those that are not there", () => {
  const list = attributionsOf(chain);
  expect(list.map(({ name }) => name)).toEqual([
    ...["Shapley value", "leave-one-out", "leave-one-in", "early answering"],
  ]);
  expect(list.at(-1)!.values).toEqual([0, 3, 1]);
  const table = barTable(list, [" a .", " b .", " c ."], "step");
  expect(table.columns.map(({ name }) => name).slice(0, 5)).toEqual([
    ...["step", "text", "Shapley value", "Shapley value, low", "Shapley value, high"],
  ]);
  expect(table.rows[2]).toEqual([3, "c .", 3, 3, 3, 1, 1, 1]);
  expect(barColumnsSvg(list, ["a", "b", "c"], "title", "made by hand", "nats")).toContain("made by hand");
});

it("correlates their ranks over the steps that both value", () => {
  const found = rankCorrelations(attributionsOf(chain));
  expect(found[0]).toBe(1);
  // Shapley (1, -, 3) and leave-one-out (2, 4, 1).
  expect(found[1]).toBe(-1);
  expect(found[1]).toBe(found[4]);
});
