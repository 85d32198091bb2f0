/**
 * Writes f32 tensors as an npz archive: what `numpy.load` opens, one .npy a tensor (NEP 1, format version 1.0), stored
 * without compression as `numpy.savez` does. Metadata is a text of JSON under the key `__metadata__`.
 */
import { Zip, ZipPassThrough } from "fflate";
import type { TensorToWrite } from "../writeSafetensors";

const MAGIC = "\x93NUMPY\x01\x00";
/** The header ends at a multiple of this, so that the data is aligned. */
const ALIGNMENT = 64;

/** Tensors keep their order. Throws if a name repeats or a shape does not match its data. */
export function writeNpz(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const names = new Set(["__metadata__", ...tensors.map(({ name }) => name)]);
  if (names.size !== tensors.length + 1) throw new Error("two tensors have the same name");
  const chunks: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  const addEntry = (name: string, header: Uint8Array, data: Uint8Array) => {
    const entry = new ZipPassThrough(`${name}.npy`);
    zip.add(entry);
    entry.push(header);
    entry.push(data, true);
  };
  for (const { name, shape, data } of tensors) {
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== data.length)
      throw new Error(`${name}: shape [${shape.join(", ")}] does not hold ${data.length} values`);
    addEntry(name, npyHeader("<f4", shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const text = utf32(JSON.stringify(metadata));
  addEntry("__metadata__", npyHeader(`<U${text.length / 4}`, []), text);
  zip.end();
  return joined(chunks);
}

/** "\x93NUMPY", version, the length of what follows, a Python dict, spaces up to the alignment, a line break. */
function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + 2;
  const total = Math.ceil((before + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(total).fill(0x20);
  const write = (text: string, at: number) =>
    header.set(
      Array.from(text, (char) => char.charCodeAt(0)),
      at,
    );
  write(MAGIC, 0);
  new DataView(header.buffer).setUint16(MAGIC.length, total - before, true);
  write(dict, before);
  write("\n", total - 1);
  return header;
}

/** Text as numpy holds it: four bytes a character, little-endian. */
function utf32(text: string): Uint8Array {
  const points = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const bytes = new DataView(new ArrayBuffer(4 * points.length));
  points.forEach((point, i) => bytes.setUint32(4 * i, point, true));
  return new Uint8Array(bytes.buffer);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
