/** Cases of `storeKeyValues`: scattered slots, untouched slots, fused inputs. */
import { kernelCases, noise, type KernelCase } from "../case";
import { storeKeyValues } from "./storeKeyValues";

function caseOf(
  label: string,
  slots: readonly number[],
  width: number,
  kPadding = 0,
  vPadding = 0,
): KernelCase {
  const rows = slots.length;
  const kStride = width + kPadding;
  const vStride = width + vPadding;
  const cacheSize = (Math.max(...slots) + 3) * width;
  return {
    label,
    params: { rows, width, kStride, kOffset: kPadding, vStride, vOffset: vPadding },
    buffers: {
      keys: noise(rows * kStride + kPadding, 1),
      values: noise(rows * vStride + vPadding, 2),
      slots: Uint32Array.from(slots),
      keyCache: noise(cacheSize, 3),
      valueCache: noise(cacheSize, 4),
    },
    tolerance: 0,
  };
}

export default kernelCases(storeKeyValues, [
  caseOf("one element", [0], 1),
  caseOf("scattered slots", [7, 2, 5], 48),
  caseOf(
    "many rows, falling slots",
    Array.from({ length: 90 }, (_, row) => 200 - 2 * row),
    12,
  ),
  caseOf("parts of a fused QKV", [4, 0, 9], 20, 33, 47),
]);
