/**
 * What the shared cases cannot say of the SIMD matmul: that it is worth having (its speed against the plain
 * loops), that it stays exact to f32 at the sizes of real models, and that it reads every half exactly.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import type { Kernel } from "../../device/kernel";
import { noise, type CaseArray } from "../case";
import { halfToFloat } from "../half";
import { matmulTiled, matmulTiledHalf, matvec, matvecHalf } from "../matmul/matmul";

const LEAST_SPEEDUP = 10;

interface Problem {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly x: Float32Array<ArrayBuffer>;
  readonly w: CaseArray;
}

function problem(rows: number, inner: number, cols: number): Problem {
  return { rows, inner, cols, x: noise(rows * inner, 1), w: noise(cols * inner, 2) };
}

/** Uploads once; `run` repeats the product, `read` fetches y. */
function product(device: Device, kernel: Kernel, { rows, inner, cols, x, w }: Problem) {
  const upload = (data: CaseArray, label: string) => {
    const buffer = device.allocate(data.byteLength, label);
    device.write(buffer, data);
    return buffer;
  };
  const y = upload(new Float32Array(rows * cols).fill(NaN), "y");
  const buffers = { x: upload(x, "x"), w: upload(w, "w"), bias: upload(new Float32Array(4), "bias"), y };
  return {
    run: () => device.run(kernel, buffers, { rows, inner, cols, hasBias: 0, yStride: cols, yOffset: 0 }),
    read: async () => {
      const [bytes] = await device.read([{ buffer: y, offsetBytes: 0, sizeBytes: rows * cols * 4 }]);
      return new Float32Array(bytes!);
    },
  };
}

function bestMs(run: () => void, rounds: number): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Largest |a - b| relative to 1 + |b|, and whether both are numbers everywhere. */
function largestError(actual: Float32Array, expected: Float32Array): number {
  return actual.reduce((worst, a, i) => {
    const error = Math.abs(a - expected[i]!) / (1 + Math.abs(expected[i]!));
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

let simd: Device;
let plain: Device;
beforeAll(async () => {
  simd = await createCpuDevice();
  plain = await createCpuDevice({ referenceOnly: true });
});

it(`is at least ${LEAST_SPEEDUP} times as fast as the plain loops on 256 x 256 x 256`, async () => {
  const sizes = problem(256, 256, 256);
  const fast = product(simd, matmulTiled, sizes);
  const slow = product(plain, matmulTiled, sizes);
  const fastMs = bestMs(fast.run, 20);
  const slowMs = bestMs(slow.run, 3);
  const gflops = (ms: number) => ((2 * 256 ** 3) / ms / 1e6).toFixed(1);
  console.info(`matmul 256³: SIMD ${gflops(fastMs)} GFLOPS, plain loops ${gflops(slowMs)} GFLOPS`);
  expect(largestError(await fast.read(), await slow.read())).toBeLessThan(1e-5);
  expect(slowMs / fastMs).toBeGreaterThan(LEAST_SPEEDUP);
});

describe("agrees with f64 sums to 1e-5", () => {
  // Rows past one block of 128, inner past one block of 256, columns past a panel of 8.
  it.each([
    [131, 96, 387],
    [7, 768, 203],
    [5, 3072, 61],
  ])("%i x %i x %i", async (...sizes) => {
    const fast = product(simd, matmulTiled, problem(...sizes));
    const slow = product(plain, matmulTiled, problem(...sizes));
    fast.run();
    slow.run();
    expect(largestError(await fast.read(), await slow.read())).toBeLessThan(1e-5);
  });

  it.each([1, 2, 3])("%i rows of 3072", async (rows) => {
    const fast = product(simd, matvec, problem(rows, 3072, 61));
    const slow = product(plain, matvec, problem(rows, 3072, 61));
    fast.run();
    slow.run();
    expect(largestError(await fast.read(), await slow.read())).toBeLessThan(1e-5);
  });
});

it.each([1, 2, 3, 4])("reads each of the 65,536 halves exactly, %i rows", async (rows) => {
  const HALVES = 65_536;
  const w = Uint32Array.from({ length: HALVES }, (_, bits) => bits);
  const kernel = rows < 4 ? matvecHalf : matmulTiledHalf;
  const ones = new Float32Array(rows).fill(1);
  const { run, read } = product(simd, kernel, { rows, inner: 1, cols: HALVES, x: ones, w });
  run();
  const y = await read();
  // Adding zero drops the sign of a zero: a sum that starts at +0 cannot keep it.
  const wrong = y.findIndex((value, i) => !Object.is(value + 0, halfToFloat(i % HALVES) + 0));
  expect(wrong).toBe(-1);
});
