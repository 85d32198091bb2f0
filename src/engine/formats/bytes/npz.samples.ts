/** npz archives for tests, with any element type, order and compression, and headers that can be wrong. */
import { fileFromBytes, type ByteFile } from "./source";
import { sampleZip } from "./zip.samples";

export interface SampleArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** In the order in which they lie in the file. */
  readonly bytes: Uint8Array;
  readonly descr: string;
  readonly isFortran?: boolean;
  readonly deflate?: boolean;
  /** In place of the dictionary that these fields make. */
  readonly header?: string;
  readonly version?: number;
}

export function npyBytes({
  shape,
  bytes,
  descr,
  isFortran = false,
  header,
  version = 1,
}: SampleArray): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict =
    header ??
    `{'descr': '${descr}', 'fortran_order': ${isFortran ? "True" : "False"}, 'shape': (${sizes}), }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const before = 8 + lengthBytes;
  const total = Math.ceil((before + dict.length + 1) / 64) * 64;
  const out = new Uint8Array(total + bytes.length).fill(0x20, 0, total);
  out.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  const view = new DataView(out.buffer);
  if (version === 1) view.setUint16(8, total - before, true);
  else view.setUint32(8, total - before, true);
  out.set(new TextEncoder().encode(dict), before);
  out[total - 1] = 0x0a;
  out.set(bytes, total);
  return out;
}

export function sampleNpz(name: string, arrays: readonly SampleArray[]): ByteFile {
  const entries = arrays.map((array) => ({
    name: `${array.name}.npy`,
    content: npyBytes(array),
    ...(array.deflate ? { deflate: true } : {}),
  }));
  return fileFromBytes(name, sampleZip(entries));
}

export const f4 = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
export const f8 = (values: readonly number[]) => new Uint8Array(Float64Array.from(values).buffer);
