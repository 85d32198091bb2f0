/** The tables of one site's edits while they are written, and what its writers share. */
import { VitrineError } from "../../../protocol/errors";
import type { Site } from "../../../protocol/sites";
import type { TensorMemory } from "../../device/tensor";
import { NO_VALUES, type RowEdits } from "../../ops/editRows";
import type { TokenView } from "../batch/tokenBatch";

/** A score that softmax turns into exactly 0, and that shaders may compute with (infinities they may not). */
export const KNOCKED_OUT = -1e30;
/** Captured scores below this were knocked out. */
export const KNOCKED_OUT_BELOW = -1e29;

export type Range = readonly [start: number, width: number];

export class EditTable {
  readonly #spans: number[] = [];
  readonly #entries: number[] = [];
  readonly #keeps: number[] = [];
  readonly #chunks: Float32Array[] = [];
  readonly #placeOf = new Map<Float32Array, number>();
  #valueCount = 0;
  readonly #known = new Map<string, readonly [first: number, count: number]>();

  /** The next row's entries; rows of one `key` have the same. */
  row(key: string, write: () => void): void {
    let span = key === "" ? undefined : this.#known.get(key);
    if (span === undefined) {
      const first = this.#keeps.length;
      write();
      span = [first, this.#keeps.length - first];
      if (key !== "") this.#known.set(key, span);
    }
    this.#spans.push(...span);
  }

  entry([start, width]: Range, keep: number, valueOffset: number): void {
    this.#entries.push(start, width, valueOffset);
    this.#keeps.push(keep);
  }

  /** Where `values` begin. Rows that share an array share its place: a sweep names the same one many times. */
  values(values: Float32Array): number {
    const known = this.#placeOf.get(values);
    if (known !== undefined) return known;
    const place = this.#valueCount;
    this.#placeOf.set(values, place);
    this.#chunks.push(values);
    this.#valueCount += values.length;
    return place;
  }

  /** Sends the tables; they belong to the open scope. */
  upload(memory: TensorMemory): RowEdits {
    const values = new Float32Array(Math.max(1, this.#valueCount));
    let at = 0;
    for (const chunk of this.#chunks) {
      values.set(chunk, at);
      at += chunk.length;
    }
    const spans = Uint32Array.from(this.#spans);
    // A binding is never empty.
    const entries = Uint32Array.from(this.#entries.length > 0 ? this.#entries : [0, 0, NO_VALUES]);
    const keeps = Float32Array.from(this.#keeps.length > 0 ? this.#keeps : [1]);
    return {
      spans: memory.from(spans, [spans.length / 2, 2], "edit spans"),
      entries: memory.from(entries, [keeps.length, 3], "edit entries"),
      keeps: memory.from(keeps, [keeps.length], "edit keeps"),
      values: memory.from(values, [values.length], "edit values"),
    };
  }
}

export function checked(
  indices: readonly number[] | undefined,
  count: number,
  site: Site,
  what: string,
): number[] {
  const list = indices ?? Array.from({ length: count }, (_, i) => i);
  const bad = list.find((index) => !(Number.isInteger(index) && index >= 0 && index < count));
  if (bad === undefined) return [...list];
  throw new VitrineError(
    "Unsupported",
    `${site} has ${count} ${what}, 0 to ${count - 1}; ${bad} is none of them.`,
  );
}

/** Neighbouring columns as one range. */
export function joined(columns: readonly number[]): Range[] {
  const ranges: [number, number][] = [];
  for (const column of [...new Set(columns)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[0] + last[1] === column) last[1]++;
    else ranges.push([column, 1]);
  }
  return ranges;
}

/** One intervention on one site, ready to be written token by token. */
export interface Writer {
  /** Names what it writes at this token; undefined: nothing. Tokens of one name share their entries. */
  key(token: TokenView): string | undefined;
  write(token: TokenView, table: EditTable): void;
}

/** Origins of the keys that a token sees, its own last. */
export type KeysOf = (token: TokenView) => readonly number[];
