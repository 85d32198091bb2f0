/** Float formats of checkpoints to f32, and f32 to packed halves, with every bit pattern accounted for. */
import { halfToFloat } from "../../kernels/half";
import type { FloatDtype } from "../safetensors";

/** The bits of 65504, the largest finite half, as f32. */
const MAX_HALF_BITS = 0x477fe000;
const INFINITY_BITS = 0x7f800000;

const HALVES = Float32Array.from({ length: 65_536 }, (_, bits) => halfToFloat(bits));
const bitsView = new Uint32Array(1);
const floatView = new Float32Array(bitsView.buffer);

/** Raw bytes of a stored tensor → f32 values; F32 bytes become the result's own memory. */
export function toFloats(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype): Float32Array<ArrayBuffer> {
  // A slice may start anywhere; typed arrays want aligned memory of their own.
  const own = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = own;
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case "F64":
      return new Float32Array(new Float64Array(buffer, byteOffset, byteLength / 8));
    case "F16":
      return halvesToFloats(new Uint16Array(buffer, byteOffset, byteLength / 2));
    case "BF16":
      return brainFloatsToFloats(new Uint16Array(buffer, byteOffset, byteLength / 2));
  }
}

// Plain loops: `from` with a mapping function is ten times slower, and there are hundreds of millions.
function halvesToFloats(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = HALVES[halves[i] ?? 0] ?? 0;
  return floats;
}

/** A bf16 is the upper half of an f32. */
function brainFloatsToFloats(values: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) words[i] = (values[i] ?? 0) << 16;
  return new Float32Array(words.buffer);
}

/** The half nearest to a number, ties to even; beyond the largest half: infinity. */
export function floatToHalf(value: number): number {
  floatView[0] = value;
  return halfOfBits(bitsView[0] ?? 0);
}

/** The half nearest to the f32 with these bits. */
function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > INFINITY_BITS) return sign | 0x7e00;
  // 65520 and up round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: adding a power of two lets f32 arithmetic round to the right bit.
    bitsView[0] = magnitude;
    floatView[0] = (floatView[0] ?? 0) + 0.5;
    return sign | ((bitsView[0] ?? 0) - 0x3f000000);
  }
  // The exponent's bias goes from 127 to 15; the 13 bits that are cut round to even.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/**
 * values [rows, cols] → words [rows, ceil(cols / 2)], two halves to a word, the lower one first, an odd row
 * padded with zero. Values past ±65504 (infinities too) become ±65504 and are counted; NaN stays NaN.
 */
export function packHalves(
  values: Float32Array,
  rows: number,
  cols: number,
): { words: Uint32Array<ArrayBuffer>; clipped: number } {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const stride = Math.ceil(cols / 2) * 2;
  const halves = new Uint16Array(rows * stride);
  let clipped = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      let value = bits[r * cols + c] ?? 0;
      const magnitude = value & 0x7fffffff;
      if (magnitude > MAX_HALF_BITS && magnitude <= INFINITY_BITS) {
        clipped++;
        value = (value & 0x80000000) | MAX_HALF_BITS;
      }
      halves[r * stride + c] = halfOfBits(value);
    }
  }
  return { words: new Uint32Array(halves.buffer), clipped };
}
