/** Cases of `latentDelta`: slots and dense latents, every op, rows without changes, around a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { latentDelta } from "./latentDelta";

function caseOf(
  label: string,
  rows: number,
  width: number,
  outWidth: number,
  hasMoments: number,
): KernelCase {
  const nLatents = 40;
  const zStride = width === 0 ? nLatents : width;
  const spans: number[] = [];
  const changes: number[] = [];
  for (let row = 0; row < rows; row++) {
    // Every third row has none.
    const count = row % 3 === 2 ? 0 : 1 + (row % outWidth);
    spans.push(changes.length / 2, count);
    for (let j = 0; j < count; j++) changes.push((row * 7 + j * 11) % nLatents, (row + j) % 4);
  }
  const slots = Uint32Array.from({ length: Math.max(1, rows * width) }, (_, i) => {
    const slot = i % Math.max(1, width);
    return slot === width - 1 ? 0xffffffff : (Math.floor(i / Math.max(1, width)) * 7 + slot * 11) % nLatents;
  });
  const n = Math.max(1, changes.length / 2);
  return {
    label,
    params: { rows, width, zStride, outWidth, hasMoments, scale: 0.5 },
    buffers: {
      ids: slots,
      z: noise(rows * zStride, 1, 3),
      spans: Uint32Array.from(spans),
      changes: Uint32Array.from(changes.length > 0 ? changes : [0, 0]),
      amounts: noise(n, 2, 3),
      moments: noise(rows * 2, 3, 3),
      outIds: new Uint32Array(rows * outWidth).fill(5),
      outValues: new Float32Array(rows * outWidth).fill(7),
    },
  };
}

export default kernelCases(latentDelta, [
  caseOf("one slot", 1, 2, 1, 0),
  caseOf("slots", 33, 5, 3, 0),
  caseOf("slots, in units of the input", 33, 5, 3, 1),
  caseOf("dense latents", 65, 0, 2, 0),
]);
