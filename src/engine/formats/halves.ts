/** Float formats of checkpoints to f32, and f32 to packed halves, with every bit pattern accounted for. */
import { halfToFloat } from "../kernels/half";
import type { FloatDtype } from "./safetensors";

/** The largest finite half. */
const MAX_HALF = 65_504;

const HALVES = Float32Array.from({ length: 65_536 }, (_, bits) => halfToFloat(bits));
const bitsView = new Uint32Array(1);
const floatView = new Float32Array(bitsView.buffer);

/** Raw bytes of a stored tensor → f32 values. */
export function toFloats(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype): Float32Array<ArrayBuffer> {
  // A slice may start anywhere; typed arrays want aligned memory of their own.
  const own = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = own;
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case "F64":
      return Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8));
    case "F16":
      return Float32Array.from(
        new Uint16Array(buffer, byteOffset, byteLength / 2),
        (bits) => HALVES[bits] ?? 0,
      );
    case "BF16": {
      const words = Uint32Array.from(
        new Uint16Array(buffer, byteOffset, byteLength / 2),
        (bits) => bits << 16,
      );
      return new Float32Array(words.buffer);
    }
  }
}

/** The half nearest to a number, ties to even; beyond the largest half: infinity. */
export function floatToHalf(value: number): number {
  floatView[0] = value;
  const bits = bitsView[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: adding a power of two lets f32 arithmetic round to the right bit.
    floatView[0] = Math.abs(value) + 0.5;
    return sign | ((bitsView[0] ?? 0) - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/**
 * values [rows, cols] → words [rows, ceil(cols / 2)], two halves to a word, the lower one first, an odd row
 * padded with zero. Values past ±65504 are clipped and counted.
 */
export function packHalves(
  values: Float32Array,
  rows: number,
  cols: number,
): { words: Uint32Array<ArrayBuffer>; clipped: number } {
  const stride = Math.ceil(cols / 2) * 2;
  const halves = new Uint16Array(rows * stride);
  let clipped = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const value = values[r * cols + c] ?? 0;
      if (Math.abs(value) > MAX_HALF) clipped++;
      halves[r * stride + c] = floatToHalf(Math.max(-MAX_HALF, Math.min(MAX_HALF, value)));
    }
  }
  return { words: new Uint32Array(halves.buffer), clipped };
}
