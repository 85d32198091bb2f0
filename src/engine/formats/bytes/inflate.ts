/**
 * A compressed entry of a zip archive as a file of its own, for entries that are too large to unpack at once: it is
 * inflated when it is first read, piece by piece, into blobs, which a browser may move from memory to its disk.
 */
import { VitrineError } from "../../../protocol/errors";
import type { ByteFile } from "./source";
import type { ZipEntry } from "./zip";

const READ_BYTES = 1024 * 1024;
const PART_BYTES = 8 * 1024 * 1024;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The content's first bytes: `count` of them, or all there are. */
export async function inflateStart(
  file: ByteFile,
  entry: ZipEntry,
  packed: Range,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.min(count, entry.bytes));
  let filled = 0;
  for await (const piece of inflate(file, entry, packed)) {
    const part = piece.subarray(0, bytes.length - filled);
    bytes.set(part, filled);
    filled += part.length;
    if (filled === bytes.length) break;
  }
  return bytes.subarray(0, filled);
}

export function inflatedFile(file: ByteFile, entry: ZipEntry, packed: Range): ByteFile {
  let content: Promise<Blob> | undefined;
  return {
    name: file.name,
    size: entry.bytes,
    async slice(start, end) {
      content ??= inflateWhole(file, entry, packed);
      return new Uint8Array(await (await content).slice(start, end).arrayBuffer());
    },
  };
}

async function inflateWhole(file: ByteFile, entry: ZipEntry, packed: Range): Promise<Blob> {
  const parts: Blob[] = [];
  let [pieces, held, total]: [Uint8Array<ArrayBuffer>[], number, number] = [[], 0, 0];
  const flush = () => {
    parts.push(new Blob(pieces));
    [pieces, held] = [[], 0];
  };
  for await (const piece of inflate(file, entry, packed)) {
    pieces.push(piece);
    held += piece.length;
    total += piece.length;
    if (total > entry.bytes) break;
    if (held >= PART_BYTES) flush();
  }
  flush();
  if (total === entry.bytes) return new Blob(parts);
  throw bad(
    file,
    entry,
    total > entry.bytes
      ? `inflates to more than the ${entry.bytes} bytes it claims; do not trust it`
      : `inflates to ${total} bytes, expected ${entry.bytes}; copy it again`,
  );
}

async function* inflate(
  file: ByteFile,
  entry: ZipEntry,
  packed: Range,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let at = packed.start;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const bytes = await file.slice(at, Math.min(at + READ_BYTES, packed.end));
      at += bytes.length;
      if (bytes.length > 0) controller.enqueue(bytes);
      if (bytes.length === 0 || at === packed.end) controller.close();
    },
  });
  const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    for (;;) {
      const next = await reader.read().catch((cause: unknown) => {
        throw cause instanceof VitrineError
          ? cause
          : bad(file, entry, "cannot be inflated; it is damaged, copy it again", { cause });
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Lets go of an entry of which only the start was wanted.
    await reader.cancel().catch(() => undefined);
  }
}

const bad = ({ name }: ByteFile, entry: ZipEntry, problem: string, options?: ErrorOptions) =>
  new VitrineError(
    "BadFile",
    `${name}: entry ${JSON.stringify(entry.name.slice(0, 100))} ${problem}.`,
    options,
  );
