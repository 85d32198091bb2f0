/** Zip archives for tests, made field by field so that each can be wrong. */
import { deflateRawSync } from "node:zlib";

export interface SampleEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** Fields of the directory that are to hold something else. */
  readonly claims?: Partial<Readonly<Record<"method" | "flags" | "packedBytes" | "bytes" | "start", number>>>;
}

interface SampleOptions {
  /** Sizes and offsets in the 64-bit fields. */
  readonly zip64?: boolean;
  readonly comment?: string;
  readonly count?: number;
  readonly directoryStart?: number;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Little-endian fields of the given widths. */
function fields(...pairs: readonly (readonly [width: number, value: number])[]): number[] {
  return pairs.flatMap(([width, value]) =>
    Array.from({ length: width }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n)),
  );
}

export function sampleZip(
  entries: readonly SampleEntry[],
  { zip64 = false, comment = "", count = entries.length, directoryStart }: SampleOptions = {},
): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  const directory: number[] = [];
  for (const { name, content, deflate = false, claims } of entries) {
    const packed = deflate ? deflateRawSync(content) : content;
    const all = { method: deflate ? 8 : 0, flags: 0, packedBytes: packed.length, bytes: content.length };
    const { method, flags, packedBytes, bytes, start } = { ...all, start: out.length, ...claims };
    const label = bytesOf(name);
    const far = zip64 ? fields([2, 1], [2, 24], [8, bytes], [8, packedBytes], [8, start]) : [];
    const near = (value: number) => (zip64 ? 0xffffffff : value);
    // Two bytes of extra field, so that name and content do not touch.
    out.push(
      ...fields([4, 0x04034b50], [2, 20], [2, 0], [2, all.method], [8, 0], [8, 0], [2, label.length], [2, 2]),
    );
    for (const byte of [...label, 0, 0, ...packed]) out.push(byte);
    directory.push(
      ...fields([4, 0x02014b50], [2, 20], [2, 20], [2, flags], [2, method], [4, 0], [4, 0]),
      ...fields([4, near(packedBytes)], [4, near(bytes)], [2, label.length], [2, far.length], [2, 0]),
      ...fields([2, 0], [2, 0], [4, 0], [4, near(start)]),
      ...label,
      ...far,
    );
  }
  const start = directoryStart ?? out.length;
  out.push(...directory);
  if (zip64) {
    const at = out.length;
    out.push(
      ...fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count]),
      ...fields([8, directory.length], [8, start]),
      ...fields([4, 0x07064b50], [4, 0], [8, at], [4, 1]),
    );
  }
  const short = (value: number, most: number) => (zip64 ? most : value);
  out.push(
    ...fields([4, 0x06054b50], [2, 0], [2, 0], [2, short(count, 0xffff)], [2, short(count, 0xffff)]),
    ...fields([4, short(directory.length, 0xffffffff)], [4, short(start, 0xffffffff)], [2, comment.length]),
    ...bytesOf(comment),
  );
  return Uint8Array.from(out);
}
