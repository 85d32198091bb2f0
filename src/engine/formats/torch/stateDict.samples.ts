/** State dicts for tests as torch.save writes them: the pickle made opcode by opcode, storages beside it. */
import { fileFromBytes, type ByteFile } from "../bytes/source";
import { sampleZip, type SampleEntry } from "../bytes/zip.samples";

export interface SampleTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly type?: "float" | "half" | "int" | "long";
  /** Columns lie together: what `.T` of a contiguous matrix is. */
  readonly columns?: true;
}

export type SampleValue = SampleTensor | string | number | { readonly [key: string]: SampleValue };

const STORAGES = {
  float: "FloatStorage",
  half: "HalfStorage",
  int: "IntStorage",
  long: "LongStorage",
} as const;

const isTensor = (value: SampleValue): value is SampleTensor =>
  typeof value === "object" && Array.isArray((value as SampleTensor).values);

const text = (value: string) => {
  const bytes = [...new TextEncoder().encode(value)];
  return [0x58, ...word(bytes.length), ...bytes];
};
const word = (value: number) => [0, 8, 16, 24].map((shift) => (value >> shift) & 255);
const integer = (value: number) => [0x4a, ...word(value)];
const line = (value: string) => [...new TextEncoder().encode(`${value}\n`)];
const global = (module: string, name: string) => [0x63, ...line(module), ...line(name)];
const tuple = (items: readonly number[][]) => [0x28, ...items.flat(), 0x74];
/** collections.OrderedDict(), to be filled. */
const ORDERED = [...global("collections", "OrderedDict"), 0x29, 0x52];

/** The nearest half, of numbers that a half can hold. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const mantissa = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | mantissa;
}

function bytesOf(values: readonly number[], type: keyof typeof STORAGES): Uint8Array<ArrayBuffer> {
  if (type === "float") return new Uint8Array(Float32Array.from(values).buffer);
  if (type === "half") return new Uint8Array(Uint16Array.from(values, halfBits).buffer);
  if (type === "int") return new Uint8Array(Int32Array.from(values).buffer);
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
}

export function sampleCheckpoint(name: string, dict: { readonly [key: string]: SampleValue }): ByteFile {
  const storages: SampleEntry[] = [];
  const pickled = (value: SampleValue): number[] => {
    if (typeof value === "string") return text(value);
    if (typeof value === "number") return integer(value);
    if (!isTensor(value)) {
      const items = Object.entries(value).flatMap(([key, item]) => [...text(key), ...pickled(item)]);
      return [...ORDERED, 0x28, ...items, 0x75];
    }
    const { shape, values, type = "float", columns } = value;
    const [rows = 1, cols = 1] = shape;
    const laid = columns
      ? values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)] ?? 0)
      : values;
    const key = String(storages.length);
    storages.push({ name: `ae/data/${key}`, content: bytesOf(laid, type) });
    const strides = columns
      ? [1, rows]
      : shape.map((_, i) => shape.slice(i + 1).reduce((n, size) => n * size, 1));
    const storage = [
      text("storage"),
      global("torch", STORAGES[type]),
      text(key),
      text("cpu"),
      integer(values.length),
    ];
    const args = [
      [...tuple(storage), 0x51],
      integer(0),
      tuple(shape.map(integer)),
      tuple(strides.map(integer)),
      [0x89],
      ORDERED,
    ];
    return [...global("torch._utils", "_rebuild_tensor_v2"), ...tuple(args), 0x52];
  };
  const pickle = Uint8Array.from([0x80, 2, ...pickled(dict), 0x2e]);
  return fileFromBytes(name, sampleZip([{ name: "ae/data.pkl", content: pickle }, ...storages]));
}
