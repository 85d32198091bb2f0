/**
 * An ONNX model that is one TopK, for the runtime that our selection is compared with: the few fields of the protocol
 * buffer (onnx.proto) that it takes, written by hand.
 */

const utf8 = new TextEncoder();

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}
const number = (field: number, value: number) => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, value: ArrayLike<number>) => [
  ...varint((field << 3) | 2),
  ...varint(value.length),
  ...Array.from(value),
];
const text = (field: number, value: string) => bytes(field, utf8.encode(value));

const FLOAT = 1;
const INT64 = 7;

/** ValueInfoProto: name, and its type: a tensor of `elements` with this shape. */
function valueInfo(name: string, elements: number, shape: readonly number[]): number[] {
  const dims = shape.flatMap((size) => bytes(1, number(1, size)));
  return [...text(1, name), ...bytes(2, bytes(1, [...number(1, elements), ...bytes(2, dims)]))];
}

/** x [rows, cols] → values [rows, k], ids int64 [rows, k]: largest first. */
export function topKModel(rows: number, cols: number, k: number): Uint8Array {
  const integerAttribute = (name: string, value: number) =>
    bytes(5, [...text(1, name), ...number(3, value), ...number(20, 2)]);
  const node = [
    ...[...text(1, "x"), ...text(1, "k"), ...text(2, "values"), ...text(2, "ids"), ...text(4, "TopK")],
    ...[...integerAttribute("axis", 1), ...integerAttribute("largest", 1), ...integerAttribute("sorted", 1)],
  ];
  const kTensor = [...number(1, 1), ...number(2, INT64), ...bytes(7, varint(k)), ...text(8, "k")];
  const graph = [
    ...[...bytes(1, node), ...text(2, "topK"), ...bytes(5, kTensor)],
    ...bytes(11, valueInfo("x", FLOAT, [rows, cols])),
    ...[
      ...bytes(12, valueInfo("values", FLOAT, [rows, k])),
      ...bytes(12, valueInfo("ids", INT64, [rows, k])),
    ],
  ];
  const opset = [...text(1, ""), ...number(2, 11)];
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, opset)]);
}
