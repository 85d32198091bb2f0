/** AssemblyScript: the SIMD twin of `normScaleBackward` (formula in its shader), the mean in f64. */
import { meanOf } from "../layerNorm/layerNorm.simd";

export function normScaleBackward(
  dScale: usize, x: usize, scale: usize, dx: usize, rows: u32, own: u32, cols: u32, centred: u32,
): void {
  const bytes = <usize>cols * 4;
  for (let row: u32 = 0; row < rows; row++, dx += bytes) {
    const from = x + <usize>(row % own) * bytes;
    const mean = centred ? <f32>meanOf(from, cols) : 0;
    const factor = load<f32>(dScale + <usize>row * 4) / (<f32>cols * load<f32>(scale + <usize>(row % own) * 4));
    let c: u32 = 0;
    for (; c + 4 <= cols; c += 4) {
      const at = <usize>c * 4;
      const centredX = f32x4.sub(v128.load(from + at), f32x4.splat(mean));
      v128.store(dx + at, f32x4.mul(centredX, f32x4.splat(factor)));
    }
    for (; c < cols; c++) {
      const at = <usize>c * 4;
      store<f32>(dx + at, factor * (load<f32>(from + at) - mean));
    }
  }
}
