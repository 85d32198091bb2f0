import { expect, it } from "vitest";
import {
  slotCountsReference,
  slotFirstsReference,
  slotMarksReference,
  slotOrderReference,
} from "./slotOrder.ref";

it("puts slots in order of latents, those of one latent in order of rows, and leaves empty ones out", () => {
  const ids = Uint32Array.of(2, 0, 0, 0xffffffff, 3, 2);
  const sizes = { rows: 3, width: 2, latents: 5 };
  const [marks, before, counts] = [new Uint32Array(5), new Uint32Array(5), new Uint32Array(5)];
  const [firsts, order] = [new Uint32Array(6), new Uint32Array(6).fill(9)];
  slotMarksReference({ ids, marks }, sizes);
  expect([...marks]).toEqual([0b011, 0, 0b101, 0b100, 0]);
  slotCountsReference({ marks, before, counts }, { blocks: 1, latents: 5 });
  expect([...counts]).toEqual([2, 0, 2, 1, 0]);
  slotFirstsReference({ counts, firsts }, sizes);
  expect([...firsts]).toEqual([0, 2, 2, 4, 5, 5]);
  slotOrderReference({ ids, firsts, order }, sizes);
  expect([...order]).toEqual([1, 2, 0, 5, 4, 9]);
});
