import { expect, it } from "vitest";
import { turnedRound } from "./gradientBatch";

it("turns lists of visible keys round: token after token, queries in order, own keys last in their lists", () => {
  // Two rows in slots 5, 3 and 4, 0; slot 9 was filled by another pass. Query 1 sees 9 and 5, query 3 sees 4.
  const { pairs, firsts } = turnedRound(
    {
      count: 4,
      slots: [
        [5, 3],
        [4, 0],
      ],
      host: { visible: Uint32Array.of(9, 5, 4) } as never,
    },
    Uint32Array.of(0, 0, 5, 0, 0, 2, 3, 1, 2, 0, 4, 0, 2, 1, 0, 1),
  );
  expect([...firsts]).toEqual([0, 2, 3, 5, 6]);
  expect([...pairs]).toEqual([0, 0, 1, 1, 1, 2, 2, 0, 3, 0, 3, 1]);
});
