/** Codes of three positions, by hand. */
import { expect, it } from "vitest";
import { NO_LATENT } from "../../../protocol/sae/features";
import { answerLatents, answerLatentsTable, stepLatents, stepLatentsTable } from "./latentsView";

const WITH = {
  listed: 2,
  ids: Uint32Array.of(7, 3, 3, NO_LATENT, 5, 4),
  values: Float32Array.of(5, 1, 2, 0, 4, 1),
};
const WITHOUT = { listed: 2, ids: Uint32Array.of(7, 3, 5, 6), values: Float32Array.of(5, 1, 1, 0.5) };
const label = (latent: number) => (latent === 7 ? "seven" : undefined);

it("ranks latents by their largest value in the step", () => {
  const found = stepLatents(WITH, { part: 0, first: 0, end: 2 });
  expect(found).toEqual([
    { latent: 7, value: 5, position: 0, active: 1 },
    { latent: 3, value: 2, position: 1, active: 2 },
  ]);
  expect(stepLatentsTable(found, label, (at) => `t${at}`).rows).toEqual([
    [7, "seven", 5, 0, "t0", 1],
    [3, "", 2, 1, "t1", 2],
  ]);
});

it("says what becomes of the answer's latents", () => {
  const found = answerLatents({ with: WITH, without: WITHOUT }, { with: 2, without: 1 });
  expect(found).toEqual([
    { latent: 5, with: 4, without: 1, fate: "weaker" },
    { latent: 4, with: 1, without: 0, fate: "vanishes" },
    { latent: 6, with: 0, without: 0.5, fate: "appears" },
  ]);
  expect(answerLatentsTable(found, label).rows[0]).toEqual([5, "", 4, 1, -3, "weaker"]);
  const same = answerLatents({ with: WITH, without: WITH }, { with: 0, without: 0 });
  expect(same.map(({ fate }) => fate)).toEqual(["unchanged", "unchanged"]);
});
