/** Reads the operands of a pickle's opcodes one after the other; whatever would end behind the bytes is refused. */
import { VitrineError } from "../../../protocol/errors";

/** Of a module or a global; a longer line is no name. */
const MAX_NAME_BYTES = 1000;
/** Integers of 255 bytes have 600 digits; converting longer ones takes the square of their length. */
const MAX_INTEGER_BYTES = 255;

// "surrogatepass": Python writes lone surrogates, which become replacement characters here.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class PickleCursor {
  at = 0;
  private readonly view: DataView;

  constructor(
    private readonly where: string,
    private readonly bytes: Uint8Array<ArrayBuffer>,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  /** A length; beyond 2 ** 53 it is larger than what is left in any case. */
  u64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  /** The one number that a pickle writes big-endian. */
  f64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  text(length: number): string {
    return decoder.decode(this.raw(length));
  }

  raw(length: number): Uint8Array<ArrayBuffer> {
    const from = this.skip(length);
    return this.bytes.slice(from, from + length);
  }

  /** Two's complement, least significant byte first. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES)
      throw this.bad(`an integer of ${length} bytes, more than ${MAX_INTEGER_BYTES}`);
    const bytes = this.raw(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
    value = BigInt.asIntN(length * 8, value);
    const near = Number(value);
    return Number.isSafeInteger(near) ? near : value;
  }

  /** Up to a line feed. */
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + MAX_NAME_BYTES).indexOf(0x0a);
    if (end < 0) throw this.bad(`a name without an end within ${MAX_NAME_BYTES} bytes`);
    const text = this.text(end);
    this.skip(1);
    return text;
  }

  /** The byte that is `ahead` of the next one, which stays the next one; undefined behind the end. */
  peek(ahead: number): number | undefined {
    return this.bytes[this.at + ahead];
  }

  /** Moves over `length` bytes and answers where they began. */
  skip(length: number): number {
    const from = this.at;
    if (length > this.bytes.length - from)
      throw this.bad(`${length} bytes, ${this.bytes.length - from} are left`);
    this.at = from + length;
    return from;
  }

  private bad(problem: string): VitrineError {
    const message = `${this.where}: byte ${this.at} of the pickle begins ${problem}; it is damaged, copy it again.`;
    return new VitrineError("BadFile", message);
  }
}
