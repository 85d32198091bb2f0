/** AssemblyScript: the twin of `placeColumns`: zeros, then row after row in its place. */
export function placeColumns(dy: usize, dx: usize, rows: u32, width: u32, cols: u32, offset: u32): void {
  const bytes = <usize>width * 4;
  memory.fill(dx, 0, <usize>rows * cols * 4);
  for (let r: u32 = 0; r < rows; r++) {
    memory.copy(dx + (<usize>r * cols + offset) * 4, dy + <usize>r * bytes, bytes);
  }
}
