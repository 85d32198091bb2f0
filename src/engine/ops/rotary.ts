/**
 * Rotary positions (Su et al. 2021, arXiv 2104.09864): pairs of a head's dimensions turn by an angle that grows
 * with the position. Pairs are (i, i + rotaryDims / 2), as in Hugging Face checkpoints.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { rotary as rotaryKernel } from "../kernels/rotary/rotary";
import { backward } from "./backward";
import type { Vector } from "./weights";

/**
 * x [tokens, heads * dHead], positions u32 [tokens], frequencies [rotaryDims / 2], radians a position. What turns gets
 * `magnitude` times as long.
 */
export function rotary(
  memory: TensorMemory,
  x: Tensor,
  positions: Tensor,
  frequencies: Vector,
  options: { heads: number; dHead: number; interleaved: boolean; magnitude?: number },
): Tensor {
  const { heads, dHead, interleaved, magnitude = 1 } = options;
  const [rows = 0] = positions.shape;
  const y = memory.make(x.shape, "rotary");
  memory.device.run(
    rotaryKernel,
    { x: x.buffer, positions: positions.buffer, frequencies: frequencies.buffer, y: y.buffer },
    {
      ...{ rows, heads, dHead, rotaryDims: 2 * frequencies.size },
      ...{ xStride: heads * dHead, xOffset: 0, interleaved: interleaved ? 1 : 0 },
      magnitude,
    },
  );
  memory.tape?.record(y, [x], (dy) => {
    const dx = memory.make(dy.shape, "rotaryBackward");
    const turns = { positions: positions.buffer, frequencies: frequencies.buffer };
    memory.device.run(
      backward().rotaryBackward,
      { dy: dy.buffer, ...turns, dx: dx.buffer },
      {
        ...{ rows: dy.size / (heads * dHead), own: rows, heads, dHead, rotaryDims: 2 * frequencies.size },
        ...{ interleaved: interleaved ? 1 : 0, magnitude },
      },
    );
    return [dx];
  });
  return y;
}
