/**
 * Turns what a pass captured, packed tokens × columns, into one row's tensors in the documented shapes. Scores
 * and pattern come packed by visible key, own key last; here each lands at the key's position.
 */
import type { Capture } from "../../../protocol/run";
import type { Site } from "../../../protocol/sites";
import type { ModelConfig } from "../../models/architecture";
import { joinFloats } from "../batch/joinFloats";
import type { RowContext } from "../batch/rowContext";
import { KNOCKED_OUT_BELOW } from "../edits/editTable";
import type { CapturedTensor } from "../edits/runTaps";
import { firstWithin, type PackedBatch } from "../batch/tokenBatch";

/** What a pass captured at a site, read back. */
export type CapturedData = CapturedTensor & { readonly data: Float32Array };
export type RowCapture = Omit<Capture, "row">;

export function readCaptures(
  config: ModelConfig,
  captured: readonly CapturedData[],
  packed: PackedBatch,
  segment: number,
  context: RowContext,
): RowCapture[] {
  const start = packed.starts[segment] ?? 0;
  const count = packed.slots[segment]?.length ?? 0;
  const given = new Set<Float32Array>();
  return captured.map(({ site, shape, columns, data, isEdited }) => {
    if (site.endsWith(".attn.scores") || site.endsWith(".attn.pattern")) {
      const empty = site.endsWith(".scores") ? -Infinity : 0;
      const window = config.windows?.[Number(site.split(".")[1])];
      return { site, ...byKeyPosition(data, shape, packed, start, count, context, window, empty, isEdited) };
    }
    const width = shape.slice(1).reduce((product, n) => product * n, 1);
    const perHead = /\.attn\.(rot_)?[qkvz]$/.test(site);
    return {
      site,
      shape: perHead ? [count, columns.width / config.dHead, config.dHead] : [count, columns.width],
      data: columnsOf(data, width, columns, start, count, given),
    };
  });
}

/**
 * Rows `start` … of [rows, width], a range of their columns. What was read back is given as it is where it is all of
 * it, but only once: neighbouring sites may share a tensor, and two captures never share their numbers.
 */
function columnsOf(
  data: Float32Array,
  width: number,
  columns: { readonly offset: number; readonly width: number },
  start: number,
  count: number,
  given: Set<Float32Array>,
): Float32Array {
  if (data.length === count * columns.width && !given.has(data)) {
    given.add(data);
    return data;
  }
  if (columns.width === width) return data.slice(start * width, (start + count) * width);
  const rows = new Float32Array(count * columns.width);
  for (let i = 0; i < count; i++) {
    const from = (start + i) * width + columns.offset;
    rows.set(data.subarray(from, from + columns.width), i * columns.width);
  }
  return rows;
}

/** [tokens, heads, visible keys] → [head, query, key], where key counts positions of the row's context. */
function byKeyPosition(
  data: Float32Array,
  shape: readonly number[],
  packed: PackedBatch,
  start: number,
  count: number,
  context: RowContext,
  window: number | undefined,
  empty: number,
  isEdited: boolean,
): { shape: number[]; data: Float32Array } {
  const [, heads = 0, stride = 0] = shape;
  const keys = context.nextPosition;
  const result = new Float32Array(heads * count * keys);
  if (empty !== 0) result.fill(empty);
  // The row's visible positions, in order; a token sees the first `count` of them (what its window reaches), and itself.
  for (let i = 0; i < count; i++) {
    const view = packed.views[start + i];
    if (view === undefined) continue;
    const first = firstWithin(context.positions, view.count, view.position, window);
    const seen = context.positions.slice(first, view.count);
    // Without hidden keys, positions that follow each other land side by side.
    const firstKey = seen[0] ?? view.position;
    const isRun = (seen.at(-1) ?? view.position) - firstKey === Math.max(0, seen.length - 1);
    for (let head = 0; head < heads; head++) {
      const from = ((start + i) * heads + head) * stride;
      const to = (head * count + i) * keys;
      const values = data.subarray(from, from + seen.length);
      if (isRun) result.set(values, to + firstKey);
      else seen.forEach((key, j) => (result[to + key] = values[j] ?? empty));
      result[to + view.position] = data[from + seen.length] ?? empty;
    }
  }
  // Only a knock-out leaves scores below it.
  for (let i = 0; isEdited && i < result.length; i++) {
    if ((result[i] ?? 0) < KNOCKED_OUT_BELOW) result[i] = -Infinity;
  }
  return { shape: [heads, count, keys], data: result };
}

/** What the head captured in several chunks is one tensor again. */
export function joinChunks(captures: readonly CapturedData[]): readonly CapturedData[] {
  const sites = [...new Set(captures.map(({ site }) => site))];
  if (sites.length === captures.length) return captures;
  return sites.flatMap((site) => {
    const parts = captures.filter((capture) => capture.site === site);
    const [first] = parts;
    if (first === undefined || parts.length === 1) return parts;
    const data = joinFloats(parts.map((part) => part.data));
    const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    return [{ ...first, shape: [rows, ...first.shape.slice(1)], data }];
  });
}

/**
 * Captures of consecutive passes over one growing row, as one capture of the whole row: along positions, or along
 * queries for scores and patterns, whose earlier rows are padded with what an unseen key has.
 */
export function joinCaptures(passes: readonly (readonly RowCapture[])[]): RowCapture[] {
  const [first = []] = passes;
  return first.map(({ site }) => {
    const parts = passes.flatMap((pass) => pass.filter((capture) => capture.site === site));
    const isByKey = site.endsWith(".scores") || site.endsWith(".pattern");
    return isByKey ? joinByKey(site, parts) : joinRows(site, parts);
  });
}

function joinRows(site: Site, parts: readonly RowCapture[]): RowCapture {
  const data = joinFloats(parts.map((part) => part.data));
  const positions = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return { site, shape: [positions, ...(parts[0]?.shape.slice(1) ?? [])], data };
}

function joinByKey(site: Site, parts: readonly RowCapture[]): RowCapture {
  const heads = parts[0]?.shape[0] ?? 0;
  const queries = parts.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
  const keys = Math.max(...parts.map(({ shape }) => shape[2] ?? 0));
  const data = new Float32Array(heads * queries * keys).fill(site.endsWith(".scores") ? -Infinity : 0);
  let firstQuery = 0;
  for (const { shape, data: part } of parts) {
    const [, own = 0, seen = 0] = shape;
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < own; query++) {
        const from = (head * own + query) * seen;
        data.set(part.subarray(from, from + seen), (head * queries + firstQuery + query) * keys);
      }
    }
    firstQuery += own;
  }
  return { site, shape: [heads, queries, keys], data };
}
