/**
 * AssemblyScript: the SIMD twin of `topKSelect` (rules and shapes in its shader).
 *
 * One pass over the row: a heap of the best k so far, its least at the root, and four compares at a time against
 * the root's value. In random order only about k ln(cols / k) elements get past that. A heap word has the value's
 * order-preserving key above the inverted column, so that no two are equal and the lower column wins a tie.
 */

const NONE: u32 = 0xffffffff;

function wordOf(value: f32, column: u32): u64 {
  // Adding zero turns -0 to 0.
  const bits = reinterpret<u32>(value + 0);
  const key = bits >> 31 ? ~bits : bits | 0x80000000;
  return (<u64>key << 32) | <u64>~column;
}

function valueOf(word: u64): f32 {
  const key = <u32>(word >> 32);
  return reinterpret<f32>(key >> 31 ? key & 0x7fffffff : ~key);
}

/** Puts a word at the root and lets it sink to its place among `size`. */
function sink(heap: usize, size: u32, word: u64): void {
  let at: u32 = 0;
  for (;;) {
    let child: u32 = 2 * at + 1;
    if (child >= size) break;
    let least = load<u64>(heap + ((<usize>child) << 3));
    if (child + 1 < size) {
      const right = load<u64>(heap + ((<usize>child) << 3), 8);
      if (right < least) {
        least = right;
        child++;
      }
    }
    if (word <= least) break;
    store<u64>(heap + ((<usize>at) << 3), least);
    at = child;
  }
  store<u64>(heap + ((<usize>at) << 3), word);
}

/** Puts a word behind the last and lets it rise. */
function rise(heap: usize, size: u32, word: u64): void {
  let at = size;
  while (at > 0) {
    const parent: u32 = (at - 1) >> 1;
    const above = load<u64>(heap + ((<usize>parent) << 3));
    if (above <= word) break;
    store<u64>(heap + ((<usize>at) << 3), above);
    at = parent;
  }
  store<u64>(heap + ((<usize>at) << 3), word);
}

/** The best k of one stretch of a row, `first` columns into it; slots in `ids` and `values`. */
function selectOne(
  x: usize, sourceIds: usize, ids: usize, values: usize, first: u32, count: u32, k: u32, positiveOnly: bool, heap: usize,
): void {
  let size: u32 = 0;
  // What a value must exceed; until the heap is full, and without a floor, any number will do.
  let limit: f32 = 0;
  let open = !positiveOnly;
  let limits = f32x4.splat(limit);
  let c: u32 = 0;
  while (c < count) {
    if (!open) {
      // Past what cannot be taken, sixteen at a time.
      while (c + 16 <= count) {
        const at = x + ((<usize>c) << 2);
        const low = v128.or(f32x4.gt(v128.load(at), limits), f32x4.gt(v128.load(at, 16), limits));
        const high = v128.or(f32x4.gt(v128.load(at, 32), limits), f32x4.gt(v128.load(at, 48), limits));
        if (v128.any_true(v128.or(low, high))) break;
        c += 16;
      }
    }
    const end = min(c + 16, count);
    for (; c < end; c++) {
      const value = load<f32>(x + ((<usize>c) << 2));
      if (open ? value != value : !(value > limit)) continue;
      if (sourceIds != 0 && load<u32>(sourceIds + ((<usize>c) << 2)) == NONE) continue;
      const word = wordOf(value, c);
      if (size < k) rise(heap, size++, word);
      else sink(heap, k, word);
      if (size == k) {
        limit = valueOf(load<u64>(heap));
        limits = f32x4.splat(limit);
        open = false;
      }
    }
  }
  const taken = size;
  // The least to the end, again and again: largest first.
  while (size > 1) {
    const least = load<u64>(heap);
    const last = load<u64>(heap + ((<usize>--size) << 3));
    sink(heap, size, last);
    store<u64>(heap + ((<usize>size) << 3), least);
  }
  for (let n: u32 = 0; n < k; n++) {
    const at = (<usize>n) << 2;
    if (n < taken) {
      const word = load<u64>(heap + ((<usize>n) << 3));
      const column = ~(<u32>word);
      store<u32>(ids + at, sourceIds != 0 ? load<u32>(sourceIds + ((<usize>column) << 2)) : first + column);
      store<f32>(values + at, valueOf(word));
    } else {
      store<u32>(ids + at, NONE);
      store<f32>(values + at, 0);
    }
  }
}

/** `sourceIds` is 0 where there are none; `heap`: 8 k bytes. */
export function topKSelect(
  x: usize, sourceIds: usize, ids: usize, values: usize, rows: u32, cols: u32, k: u32, segments: u32,
  positiveOnly: u32, outStride: u32, outOffset: u32, heap: usize,
): void {
  const span = (cols + segments - 1) / segments;
  for (let row: u32 = 0; row < rows; row++) {
    for (let segment: u32 = 0; segment < segments; segment++) {
      const first = min(segment * span, cols);
      const count = min(span, cols - first);
      const start = (<usize>row * cols + first) << 2;
      const out = (<usize>row * outStride + outOffset + segment * k) << 2;
      const source = sourceIds != 0 ? sourceIds + start : 0;
      selectOne(x + start, source, ids + out, values + out, first, count, k, positiveOnly != 0, heap);
    }
  }
}
