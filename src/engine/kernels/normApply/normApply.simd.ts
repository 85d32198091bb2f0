/** AssemblyScript: the SIMD twin of `normApply` (formula in normApply.wgsl): the last steps of both norms' twins. */
import { meanOf, normaliseRow } from "../layerNorm/layerNorm.simd";
import { rescaleRow } from "../rmsNorm/rmsNorm.simd";

export function normApply(
  x: usize,
  scale: usize,
  weight: usize,
  bias: usize,
  y: usize,
  rows: u32,
  cols: u32,
  centred: u32,
  weightOffset: f32,
): void {
  const bytes = <usize>cols * 4;
  for (let r: u32 = 0; r < rows; r++) {
    const divisor = load<f32>(scale + <usize>r * 4);
    if (centred) normaliseRow(x, weight, bias, y, cols, meanOf(x, cols), divisor);
    else rescaleRow(x, weight, y, cols, divisor, weightOffset);
    x += bytes;
    y += bytes;
  }
}
