/**
 * The block formats of ggml to f32. A block of 32 or 256 neighbouring weights shares its scales; the K formats
 * have a scale for each 16 or 32 weights, itself quantized. Layouts: `block_q4_0` and its siblings in
 * `ggml-common.h` (github.com/ggml-org/ggml); byte orders are little-endian. Every product of scale and quant
 * fits f32's 24 bits, so each value here is exactly the one that ggml computes.
 */
import { halfToFloat } from "../../kernels/half";

interface BlockFormat {
  /** Weights in a block. */
  readonly values: number;
  readonly bytes: number;
  /** One block at byte `at` of `from` → `to[first]` and the following. */
  readonly read: (from: Uint8Array, at: number, to: Float32Array, first: number) => void;
}

const half = (from: Uint8Array, at: number) => halfToFloat((from[at] ?? 0) | ((from[at + 1] ?? 0) << 8));
const signed = (byte: number) => (byte << 24) >> 24;

/** scale f16, 32 signed bytes. w = scale q. */
function readQ8(from: Uint8Array, at: number, to: Float32Array, first: number): void {
  const scale = half(from, at);
  for (let i = 0; i < 32; i++) to[first + i] = scale * signed(from[at + 2 + i] ?? 0);
}

/**
 * The formats of 32 weights in 4 or 5 bits: scale f16, a minimum f16 if `hasMinimum`, 32 fifth bits if `hasHigh`,
 * 16 bytes whose lower nibbles are weights 0 to 15 and whose upper ones are 16 to 31. w = scale q + minimum, or
 * scale (q - middle).
 */
function nibbles(hasHigh: boolean, hasMinimum: boolean): BlockFormat["read"] {
  const middle = hasMinimum ? 0 : hasHigh ? 16 : 8;
  const highAt = hasMinimum ? 4 : 2;
  const lowAt = highAt + (hasHigh ? 4 : 0);
  return (from, at, to, first) => {
    const scale = half(from, at);
    const minimum = hasMinimum ? half(from, at + 2) : 0;
    for (let i = 0; i < 16; i++) {
      const low = from[at + lowAt + i] ?? 0;
      const high = (bit: number) =>
        hasHigh ? (((from[at + highAt + (bit >> 3)] ?? 0) >> (bit & 7)) & 1) << 4 : 0;
      to[first + i] = scale * (((low & 15) | high(i)) - middle) + minimum;
      to[first + i + 16] = scale * (((low >> 4) | high(i + 16)) - middle) + minimum;
    }
  };
}

/**
 * Q4_K and Q5_K: scale of scales f16, scale of minima f16, 8 scales and 8 minima of 6 bits in 12 bytes, for Q5_K
 * 32 bytes of fifth bits, 128 bytes of nibbles. Group g of 32 weights: w = d scale[g] q - dmin minimum[g]; two
 * neighbouring groups share 32 bytes, the first in the lower nibbles; byte i of the fifth bits serves weight i of
 * all groups, group g in bit g.
 */
function groupsOf32(hasHigh: boolean): BlockFormat["read"] {
  const lowAt = hasHigh ? 48 : 16;
  return (from, at, to, first) => {
    const [d, dmin] = [half(from, at), half(from, at + 2)];
    for (let group = 0; group < 8; group++) {
      const [scale, minimum] = scaleAndMinimum(from, at + 4, group);
      const [multiplier, offset] = [d * scale, dmin * minimum];
      const [low, shift] = [at + lowAt + (group >> 1) * 32, (group & 1) * 4];
      for (let i = 0; i < 32; i++) {
        const fifth = hasHigh ? (((from[at + 16 + i] ?? 0) >> group) & 1) << 4 : 0;
        const q = (((from[low + i] ?? 0) >> shift) & 15) | fifth;
        to[first + group * 32 + i] = multiplier * q - offset;
      }
    }
  };
}

/** Groups 0 to 3 have bytes of their own; the others have nibbles in bytes 8 to 11 and the spare top bits. */
function scaleAndMinimum(from: Uint8Array, at: number, group: number): [number, number] {
  const byte = (index: number) => from[at + index] ?? 0;
  if (group < 4) return [byte(group) & 63, byte(group + 4) & 63];
  const packed = byte(group + 4);
  return [(packed & 15) | ((byte(group - 4) >> 6) << 4), (packed >> 4) | ((byte(group) >> 6) << 4)];
}

/**
 * Q6_K: 128 bytes of lower nibbles, 64 bytes of upper pairs of bits, 16 signed scales, scale of scales f16. Each
 * half of the block (128 weights) has four quarters of 32: byte i of its pairs holds all four, quarters 0 and 1
 * lie in the lower nibbles of bytes i and 32 + i, quarters 2 and 3 in the upper ones. w = d scale[w / 16] (q - 32).
 */
function readQ6K(from: Uint8Array, at: number, to: Float32Array, first: number): void {
  const d = half(from, at + 208);
  for (let index = 0; index < 256; index++) {
    const [side, quarter, i] = [index >> 7, (index >> 5) & 3, index & 31];
    const low = ((from[at + side * 64 + (quarter & 1) * 32 + i] ?? 0) >> ((quarter >> 1) * 4)) & 15;
    const high = ((from[at + 128 + side * 32 + i] ?? 0) >> (quarter * 2)) & 3;
    const scale = signed(from[at + 192 + (index >> 4)] ?? 0);
    to[first + index] = d * scale * ((low | (high << 4)) - 32);
  }
}

export const QUANTS = {
  Q4_0: { values: 32, bytes: 18, read: nibbles(false, false) },
  Q4_1: { values: 32, bytes: 20, read: nibbles(false, true) },
  Q5_0: { values: 32, bytes: 22, read: nibbles(true, false) },
  Q5_1: { values: 32, bytes: 24, read: nibbles(true, true) },
  Q8_0: { values: 32, bytes: 34, read: readQ8 },
  Q4_K: { values: 256, bytes: 144, read: groupsOf32(false) },
  Q5_K: { values: 256, bytes: 176, read: groupsOf32(true) },
  Q6_K: { values: 256, bytes: 210, read: readQ6K },
} as const satisfies Record<string, BlockFormat>;

export type QuantDtype = keyof typeof QUANTS;

export const isQuant = (dtype: string): dtype is QuantDtype => Object.hasOwn(QUANTS, dtype);

/** `bytes`: whole blocks. */
export function dequantize(bytes: Uint8Array, dtype: QuantDtype): Float32Array<ArrayBuffer> {
  const { values, bytes: blockBytes, read } = QUANTS[dtype];
  const blocks = Math.floor(bytes.length / blockBytes);
  const floats = new Float32Array(blocks * values);
  for (let block = 0; block < blocks; block++) read(bytes, block * blockBytes, floats, block * values);
  return floats;
}
