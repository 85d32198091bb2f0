/** Random rows that are hard to select from, and the sort that they are compared with: tests on both devices use them. */
import type { Device } from "../../device/device";
import { noise } from "../case";
import { topKSelect } from "./topKSelect";

const NONE = 0xffffffff;
const SPECIALS = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 3.4028235e38];

/** Rows [rows, cols] of five kinds in turn: plain, many ties, with NaN and infinities, mostly negative, nearly equal. */
export function hardRows(rows: number, cols: number): Float32Array<ArrayBuffer> {
  const values = noise(rows * cols, rows + cols, 4);
  const choices = noise(rows * cols, rows + cols + 1, 1);
  return values.map((value, i) => {
    const choice = Math.abs(choices[i] ?? 0);
    switch (Math.floor(i / cols) % 5) {
      case 0:
        return value;
      case 1:
        return Math.round(value);
      case 2:
        return choice < 0.3 ? (SPECIALS[Math.floor((choice / 0.3) * SPECIALS.length)] ?? 0) : value;
      case 3:
        return choice < 0.02 ? value : -Math.abs(value);
      default:
        return 1 + value * 1e-6;
    }
  });
}

export interface Selected {
  readonly ids: Uint32Array;
  readonly values: Float32Array;
}

/** What a sort of the columns by (value descending, column ascending) says. */
export function sortedTop(x: Float32Array, rows: number, k: number, positiveOnly: number): Selected {
  const cols = x.length / rows;
  const ids = new Uint32Array(rows * k).fill(NONE);
  const values = new Float32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const line = x.subarray(row * cols, (row + 1) * cols);
    const columns = [...line.keys()].filter((c) => (positiveOnly ? line[c]! > 0 : line[c]! === line[c]!));
    columns.sort((a, b) => (line[a] === line[b] ? a - b : line[a]! > line[b]! ? -1 : 1));
    for (const [n, c] of columns.slice(0, k).entries()) {
      ids[row * k + n] = c;
      values[row * k + n] = line[c]! + 0;
    }
  }
  return { ids, values };
}

/** Which slots differ, the first few in words: comparing arrays of this size as values takes seconds. */
export function differences(actual: Selected, expected: Selected): string[] {
  const slots = [...expected.ids.keys()].filter(
    (n) => actual.ids[n] !== expected.ids[n] || actual.values[n] !== expected.values[n],
  );
  const words = ({ ids, values }: Selected, n: number) => `${ids[n]} (${values[n]})`;
  return slots.slice(0, 5).map((n) => `slot ${n}: ${words(actual, n)}, not ${words(expected, n)}`);
}

export async function selectOn(
  device: Device,
  x: Float32Array<ArrayBuffer>,
  rows: number,
  k: number,
  positiveOnly: number,
): Promise<Selected> {
  const bytes = rows * k * 4;
  const buffers = {
    x: device.allocate(x.byteLength, "x"),
    sourceIds: device.allocate(4, "sourceIds"),
    ids: device.allocate(bytes, "ids"),
    values: device.allocate(bytes, "values"),
  };
  device.write(buffers.x, x);
  const cols = x.length / rows;
  const sizes = { rows, cols, k, segments: 1, positiveOnly, hasIds: 0, outStride: k, outOffset: 0 };
  device.run(topKSelect, buffers, sizes);
  const slice = (name: "ids" | "values") => ({ buffer: buffers[name], offsetBytes: 0, sizeBytes: bytes });
  const [ids, values] = await device.read([slice("ids"), slice("values")]);
  Object.values(buffers).forEach((buffer) => device.release(buffer));
  return { ids: new Uint32Array(ids!), values: new Float32Array(values!).map((value) => value + 0) };
}
