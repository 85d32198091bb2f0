/** Positions of the strip in a run of which steps are missing. */
import { expect, it } from "vitest";
import { ablatedRow } from "../../../client/chain/ablatedRow";
import { stripPosition } from "./stripPosition";

it("finds a position of a run in the whole chain", () => {
  const chain = {
    prompt: [1, 2],
    steps: [[10, 11, 12], [13, 14], [15]],
    answerPrefix: [20, 21],
    answer: [30, 31],
  };
  const row = ablatedRow(chain, [false, true, true], { mode: "delete", fillerId: 9 });
  // prompt 0 1, steps 13 14 and 15, cue, answer
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((at) => stripPosition(chain, row, at))).toEqual([
    0, 1, 5, 6, 7, 8, 9, 10,
  ]);
});
