/** AssemblyScript: the SIMD twin of `compactRows` (rules in its shader): zeros are passed over sixteen at a time. */

export function compactRows(
  x: usize, ids: usize, values: usize, counts: usize, rows: u32, cols: u32, width: u32,
): void {
  const zero = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    let count: u32 = 0;
    let c: u32 = 0;
    while (c < cols) {
      while (c + 16 <= cols) {
        const at = x + ((<usize>c) << 2);
        const low = v128.or(f32x4.ne(v128.load(at), zero), f32x4.ne(v128.load(at, 16), zero));
        const high = v128.or(f32x4.ne(v128.load(at, 32), zero), f32x4.ne(v128.load(at, 48), zero));
        if (v128.any_true(v128.or(low, high))) break;
        c += 16;
      }
      const end = min(c + 16, cols);
      for (; c < end; c++) {
        const value = load<f32>(x + ((<usize>c) << 2));
        if (value == 0 || value != value) continue;
        if (count < width) {
          store<u32>(ids + ((<usize>count) << 2), c);
          store<f32>(values + ((<usize>count) << 2), value);
        }
        count++;
      }
    }
    store<u32>(counts, count);
    for (let n = count; n < width; n++) {
      store<u32>(ids + ((<usize>n) << 2), 0xffffffff);
      store<f32>(values + ((<usize>n) << 2), 0);
    }
    x += (<usize>cols) << 2;
    ids += (<usize>width) << 2;
    values += (<usize>width) << 2;
    counts += 4;
  }
}
