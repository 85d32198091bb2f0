/** Cases of `latentsBackward`: slots and dense latents, error kept and dropped, every op, rows without changes, several scalars. */
import { kernelCases, noise, type KernelCase } from "../case";
import { latentsBackward } from "./latentsBackward";

const NONE = 0xffffffff;

function caseOf(
  label: string,
  [own, latents, width, scalars]: readonly [number, number, number, number],
  { dropped = 0, hasGain = 0 } = {},
): KernelCase {
  const zStride = width === 0 ? latents : width;
  const rows = scalars * own;
  const spans: number[] = [];
  const changes: number[] = [];
  for (let row = 0; row < own; row++) {
    // Every third row has none.
    const count = row % 3 === 2 ? 0 : 1 + (row % 4);
    spans.push(changes.length / 2, count);
    for (let j = 0; j < count; j++) changes.push((row * 7 + j * 11) % latents, (row + j) % 4);
  }
  return {
    label,
    params: { rows, own, latents, width, zStride, dropped, hasGain },
    buffers: {
      g: noise(rows * latents, 1),
      ids: Uint32Array.from({ length: Math.max(1, own * width) }, (_, i) => {
        const slot = i % Math.max(1, width);
        return slot === width - 1 ? NONE : (Math.floor(i / Math.max(1, width)) * 7 + slot * 11) % latents;
      }),
      // Half of the latents are not active.
      z: noise(own * zStride, 2, 3).map((value) => Math.max(0, value)),
      spans: Uint32Array.from(spans),
      changes: Uint32Array.from(changes),
      amounts: noise(changes.length / 2, 3, 3),
      gain: noise(latents, 4, 2),
      d: new Float32Array(rows * latents).fill(777),
    },
  };
}

export default kernelCases(latentsBackward, [
  caseOf("one latent", [1, 1, 0, 1]),
  caseOf("slots", [9, 40, 5, 1]),
  caseOf("slots, error dropped, three scalars", [9, 40, 5, 3], { dropped: 1 }),
  caseOf("dense latents, two scalars", [33, 41, 0, 2]),
  caseOf("dense latents with gains, error dropped", [33, 41, 0, 1], { dropped: 1, hasGain: 1 }),
]);
