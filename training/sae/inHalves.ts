/** The files of an autoencoder with its weights in f16: half the bytes to fetch. */
import { floatToHalf } from "../../src/engine/formats/bytes/halves";

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** `cfg.json` says so; a safetensors file of f32 tensors becomes one of f16. */
export function inHalves(name: string, data: Uint8Array<ArrayBuffer>): Uint8Array {
  if (name === "cfg.json") {
    const config = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;
    return new TextEncoder().encode(`${JSON.stringify({ ...config, dtype: "float16" }, null, 1)}\n`);
  }
  const start = 8 + Number(new DataView(data.buffer, data.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(data.subarray(8, start))) as Record<string, Entry>;
  const floats = new Float32Array(data.slice(start).buffer);
  const halves = Uint16Array.from(floats, floatToHalf);
  const entries = Object.entries(header).map(([tensor, entry]) =>
    tensor === "__metadata__"
      ? [tensor, entry]
      : [tensor, { ...entry, dtype: "F16", data_offsets: entry.data_offsets.map((offset) => offset / 2) }],
  );
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil((8 + json.length) / 8) * 8;
  const file = new Uint8Array(padded + halves.byteLength).fill(0x20, 8, padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded - 8), true);
  file.set(json, 8);
  file.set(new Uint8Array(halves.buffer), padded);
  return file;
}
