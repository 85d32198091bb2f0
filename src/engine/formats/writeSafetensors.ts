/** Writes f32 tensors as a safetensors file: what the capture export makes, and what tests read back. */

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The header is padded with spaces to a multiple of this, so that the data is aligned. */
const ALIGNMENT = 8;

/** Tensors keep their order. Throws if a name repeats or a shape does not match its data. */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: [string, object][] = [["__metadata__", metadata]];
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== data.length)
      throw new Error(`${name}: shape [${shape.join(", ")}] does not hold ${data.length} values`);
    entries.push([name, { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  if (new Set(entries.map(([name]) => name)).size !== entries.length)
    throw new Error("two tensors have the same name");

  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const dataStart = Math.ceil((8 + json.length) / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(dataStart + offset).fill(0x20, 8, dataStart);
  new DataView(file.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  file.set(json, 8);
  let at = dataStart;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
