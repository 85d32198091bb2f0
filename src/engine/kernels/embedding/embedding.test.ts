import { expect, it } from "vitest";
import { BYTE, F32, HALF } from "../weights/weights";
import { embeddingReference } from "./embedding.ref";

const ids = Uint32Array.of(1, 0, 1);
const SIZES = { rows: 3, cols: 2, firstRow: 0, tableRows: 2 };

// Rows (1, 2) and (-1, 0.5), in each storage.
it("copies the named rows", () => {
  const y = [new Float32Array(6), new Float32Array(6), new Float32Array(6)] as const;
  embeddingReference(F32)({ ids, w: Float32Array.of(1, 2, -1, 0.5), y: y[0] }, SIZES);
  embeddingReference(HALF)({ ids, w: Uint32Array.of(0x40003c00, 0x3800bc00), y: y[1] }, SIZES);
  const w = Uint32Array.of(0x3f800000, 0x0201, 0x3f000000, 0x01fe);
  embeddingReference(BYTE)({ ids, w, y: y[2] }, SIZES);
  for (const rows of y) expect([...rows]).toEqual([-1, 0.5, 1, 2, -1, 0.5]);
});
