/** The pullback of a matrix product whichever way it is taken: few rows in slices, more at once, in one chunk and in several. */
import { beforeAll, expect, it } from "vitest";
import { createCpuDevice } from "../device/cpu";
import { noise } from "../../random/noise";
import { TensorMemory } from "../device/tensor";
import { loadBackward } from "./backward";
import { linearBackward } from "./linear";
import type { Matrix } from "./weights";

const [OUT, INNER] = [1100, 21];
let memory: TensorMemory;
beforeAll(async () => {
  memory = new TensorMemory(await createCpuDevice());
  await loadBackward(memory.device);
});

function matrixOf(values: Float32Array<ArrayBuffer>, chunkRows: number): Matrix {
  const chunks = [];
  for (let firstRow = 0; firstRow < OUT; firstRow += chunkRows) {
    const rows = Math.min(chunkRows, OUT - firstRow);
    const part = values.slice(firstRow * INNER, (firstRow + rows) * INNER);
    chunks.push({ buffer: memory.from(part, [rows, INNER], "w").buffer, firstRow, rows });
  }
  return { shape: [OUT, INNER], dtype: "f32", chunks };
}

it.each([1, 3, 4, 5, 9])("%d rows", async (rows) => {
  const [values, cotangent] = [noise(OUT * INNER, 1), noise(rows * OUT, 2)];
  const expected = Float64Array.from({ length: rows * INNER }, (_, n) => {
    const [r, i] = [Math.floor(n / INNER), n % INNER];
    let sum = 0;
    for (let o = 0; o < OUT; o++) sum += cotangent[r * OUT + o]! * values[o * INNER + i]!;
    return sum;
  });
  // One chunk; several, of which the last is too short for slices.
  for (const chunkRows of [OUT, 600, 37]) {
    const dy = memory.from(cotangent, [rows, OUT], "dy");
    const dx = linearBackward(memory, dy, matrixOf(values, chunkRows));
    expect(dx.shape).toEqual([rows, INNER]);
    const slice = { buffer: dx.buffer, offsetBytes: 0, sizeBytes: 4 * dx.size };
    const [data] = await memory.device.read([slice]);
    new Float32Array(data!).forEach((value, n) => expect(Math.abs(value - expected[n]!)).toBeLessThan(1e-4));
  }
});
