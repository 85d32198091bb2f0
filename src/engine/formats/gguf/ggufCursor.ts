/**
 * Reads the values of a GGUF header one after the other, little-endian. The bytes at hand may end before the file
 * does: then it asks for more, by an error, and the caller begins again with a longer slice. What cannot be true
 * in a file of this size is refused at once.
 */
import { VitrineError } from "../../../protocol/errors";

/** The format allows keys of 65,535 bytes; none is near, and messages quote them. */
const MAX_NAME_BYTES = 1024;
/** Chat templates and licence texts stay below. */
const MAX_TEXT_BYTES = 4_000_000;
/** Elements of all arrays together: a tokenizer of 260 k tokens has 1.3 million. */
const MAX_ELEMENTS = 8_000_000;
const MAX_DEPTH = 4;

export type GgufValue = number | boolean | string | readonly GgufValue[];

// Metadata types that are no numbers.
const [BOOLEAN, STRING, ARRAY] = [7, 8, 9];

/** The header goes on behind the bytes at hand. */
export class NeedsMoreBytes extends Error {}

/** Numeric metadata types by their number: size in bytes, and how to read one. */
const NUMBERS: ReadonlyMap<number, readonly [number, (view: DataView, at: number) => number]> = new Map([
  [0, [1, (view, at) => view.getUint8(at)]],
  [1, [1, (view, at) => view.getInt8(at)]],
  [2, [2, (view, at) => view.getUint16(at, true)]],
  [3, [2, (view, at) => view.getInt16(at, true)]],
  [4, [4, (view, at) => view.getUint32(at, true)]],
  [5, [4, (view, at) => view.getInt32(at, true)]],
  [6, [4, (view, at) => view.getFloat32(at, true)]],
  // Beyond 2 ** 53 to the nearest number: no field that is used is as large.
  [10, [8, (view, at) => Number(view.getBigUint64(at, true))]],
  [11, [8, (view, at) => Number(view.getBigInt64(at, true))]],
  [12, [8, (view, at) => view.getFloat64(at, true)]],
]);

export class GgufCursor {
  /** Bytes from the start of the file. */
  at = 0;
  private readonly view: DataView;
  private elementsLeft = MAX_ELEMENTS;

  constructor(
    private readonly fileName: string,
    private readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly fileBytes: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves over `size` bytes and answers where they began. */
  skip(size: number): number {
    const from = this.at;
    if (from + size > this.bytes.length) throw new NeedsMoreBytes();
    this.at = from + size;
    return from;
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  u64(what: string): number {
    const value = Number(this.view.getBigUint64(this.skip(8), true));
    if (Number.isSafeInteger(value)) return value;
    throw this.bad(`${what} is ${value}, more than a file can hold`);
  }

  /** A number of things, held against a limit before anybody makes room for them. */
  count(what: string, most: number): number {
    const value = this.u64(`the ${what}`);
    if (value <= most) return value;
    throw this.bad(`the ${what} is ${value}, more than ${most}`);
  }

  name(what: string): string {
    return this.text(what, MAX_NAME_BYTES);
  }

  value(key: string): GgufValue {
    return this.valueOfType(key, this.u32(), 0);
  }

  private valueOfType(key: string, type: number, depth: number): GgufValue {
    if (type === STRING) return this.text(key, MAX_TEXT_BYTES);
    if (type === ARRAY) return this.array(key, depth + 1);
    if (type === BOOLEAN) return this.boolean(key);
    const number = NUMBERS.get(type);
    if (number === undefined) throw this.bad(`${key} has the unknown value type ${type}`);
    const [size, read] = number;
    return read(this.view, this.skip(size));
  }

  private array(key: string, depth: number): GgufValue[] {
    if (depth > MAX_DEPTH) throw this.bad(`${key} has arrays in arrays, more than ${MAX_DEPTH} deep`);
    const type = this.u32();
    const length = this.count(`length of ${key}`, this.elementsLeft);
    const least = type === STRING ? 8 : type === ARRAY ? 12 : (NUMBERS.get(type)?.[0] ?? 1);
    if (this.at + length * least > this.fileBytes)
      throw this.bad(`${key} has ${length} elements, more than the file's ${this.fileBytes} bytes hold`);
    this.elementsLeft -= length;
    const values: GgufValue[] = [];
    while (values.length < length) values.push(this.valueOfType(key, type, depth));
    return values;
  }

  private boolean(key: string): boolean {
    const value = this.view.getUint8(this.skip(1));
    if (value < 2) return value === 1;
    throw this.bad(`${key} is ${value}, expected true (1) or false (0)`);
  }

  private text(what: string, most: number): string {
    const length = this.count(`length of ${what}`, most);
    if (this.at + length > this.fileBytes)
      throw this.bad(`${what} has ${length} bytes, more than are left of ${this.fileBytes}`);
    return decode(this.bytes, this.skip(length), length);
  }

  private bad(problem: string): VitrineError {
    return new VitrineError(
      "BadFile",
      `${this.fileName}: ${problem}; it is damaged or truncated, copy it again.`,
    );
  }
}

// A token may be a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Most tokens are short and ASCII; calling a decoder for each would take most of the time. */
function decode(bytes: Uint8Array, start: number, length: number): string {
  if (length > 32) return decoder.decode(bytes.subarray(start, start + length));
  let text = "";
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte > 127) return decoder.decode(bytes.subarray(start, start + length));
    text += String.fromCharCode(byte);
  }
  return text;
}
