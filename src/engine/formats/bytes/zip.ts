/**
 * Zip archives (PKWARE's APPNOTE 6.3.9, with zip64): the directory at the end of the file, then where an entry's
 * bytes lie. Nothing is unpacked but small entries; large ones are read by range, so they must be stored as they
 * are. The directory is distrusted: counts are bounded, and no two entries share a byte.
 */
import { VitrineError } from "../../../protocol/errors";
import type { ByteFile } from "./source";

const [LOCAL, CENTRAL, END, END64, LOCATOR64] = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const [LOCAL_BYTES, CENTRAL_BYTES, END_BYTES, END64_BYTES, LOCATOR64_BYTES] = [30, 46, 22, 56, 20];
const MAX_COMMENT_BYTES = 0xffff;
const MAX_ENTRIES = 200_000;
const MAX_DIRECTORY_BYTES = 64_000_000;
const ENCRYPTED = 1;
/** The extra field with 64-bit sizes, and what a 32-bit field then holds. */
const [ZIP64_FIELD, IN_ZIP64_FIELD] = [1, 0xffffffff];

/** Compression methods that are known here. */
export const [STORED, DEFLATED] = [0, 8];

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  /** Bytes in the file, and of the content. */
  readonly packedBytes: number;
  readonly bytes: number;
  /** Where its local header begins, and where the next entry (or the directory) does. */
  readonly start: number;
  readonly limit: number;
}

export type ZipDirectory = ReadonlyMap<string, ZipEntry>;

export const hasZipMagic = (bytes: Uint8Array<ArrayBuffer>) =>
  bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL;

export async function readZipDirectory(file: ByteFile): Promise<ZipDirectory> {
  const { start, end, count } = await findDirectory(file);
  const bytes = await file.slice(start, end);
  if (bytes.length < end - start) throw bad(file, "its directory ends early; it is truncated, copy it again");
  const entries = parseDirectory(file, bytes, count);
  const byStart = [...entries.values()].sort((a, b) => a.start - b.start);
  return new Map(
    byStart.map((entry, i) => [entry.name, limited(file, entry, byStart[i + 1]?.start ?? start)]),
  );
}

/** The byte range of an entry's packed content in the file. */
export async function locateZipEntry(
  file: ByteFile,
  { name, packedBytes, start, limit }: ZipEntry,
): Promise<{ readonly start: number; readonly end: number }> {
  const header = viewOf(await file.slice(start, start + LOCAL_BYTES));
  if (header.byteLength < LOCAL_BYTES || header.getUint32(0, true) !== LOCAL)
    throw bad(file, `entry ${show(name)} has no header at byte ${start}; it is damaged, copy it again`);
  const from = start + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  if (from + packedBytes > limit)
    throw bad(
      file,
      `entry ${show(name)} ends at byte ${from + packedBytes}, behind ${limit}, where the next one begins; copy it again`,
    );
  return { start: from, end: from + packedBytes };
}

/** The content of a small entry, inflated if need be; one that grows beyond what it claims is refused. */
export async function readZipEntry(
  file: ByteFile,
  entry: ZipEntry,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { name, method, packedBytes, bytes } = entry;
  if (Math.max(bytes, packedBytes) > maxBytes)
    throw bad(
      file,
      `entry ${show(name)} has ${Math.max(bytes, packedBytes)} bytes, more than ${maxBytes}; check it`,
    );
  const { start, end } = await locateZipEntry(file, entry);
  const packed = await file.slice(start, end);
  if (method === DEFLATED) return inflate(file, entry, packed);
  if (method === STORED && packed.length === bytes) return packed;
  throw bad(
    file,
    `entry ${show(name)} (method ${method}) has ${packed.length} bytes of ${bytes}; it is damaged, copy it again`,
  );
}

async function inflate(
  file: ByteFile,
  { name, bytes }: ZipEntry,
  packed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Uint8Array(bytes);
  let filled = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  for (;;) {
    const next = await reader.read().catch((cause: unknown) => {
      throw bad(file, `entry ${show(name)} cannot be inflated; it is damaged, copy it again`, { cause });
    });
    if (next.done) break;
    if (filled + next.value.length > bytes) {
      await reader.cancel();
      throw bad(
        file,
        `entry ${show(name)} inflates to more than the ${bytes} bytes it claims; do not trust it`,
      );
    }
    content.set(next.value, filled);
    filled += next.value.length;
  }
  if (filled === bytes) return content;
  throw bad(file, `entry ${show(name)} inflates to ${filled} bytes, expected ${bytes}; copy it again`);
}

interface DirectoryRange {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** The end record is the last thing in the file, behind it only its comment. */
async function findDirectory(file: ByteFile): Promise<DirectoryRange> {
  const tailStart = Math.max(0, file.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = viewOf(await file.slice(tailStart, file.size));
  let at = tail.byteLength - END_BYTES;
  while (
    at >= 0 &&
    (tail.getUint32(at, true) !== END || at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength)
  )
    at--;
  if (at < 0) throw bad(file, "the zip directory at its end is missing; it is truncated, copy it again");
  const far = await findZip64(file, tailStart + at);
  const found = far ?? {
    count: tail.getUint16(at + 10, true),
    start: tail.getUint32(at + 16, true),
    end: tail.getUint32(at + 16, true) + tail.getUint32(at + 12, true),
    endRecord: tailStart + at,
  };
  const { count, start, end, endRecord } = found;
  if (count > MAX_ENTRIES || end - start > MAX_DIRECTORY_BYTES)
    throw bad(
      file,
      `its directory has ${count} entries in ${end - start} bytes, more than ${MAX_ENTRIES} in ${MAX_DIRECTORY_BYTES}; check it`,
    );
  if (end <= endRecord) return { start, end, count };
  throw bad(
    file,
    `its directory claims bytes ${start} to ${end}, and ends before ${endRecord}; it is damaged, copy it again`,
  );
}

/** The 64-bit end record, if a locator before the 32-bit one points to it. */
async function findZip64(
  file: ByteFile,
  endRecord: number,
): Promise<(DirectoryRange & { readonly endRecord: number }) | undefined> {
  const locator = viewOf(await file.slice(Math.max(0, endRecord - LOCATOR64_BYTES), endRecord));
  if (locator.byteLength < LOCATOR64_BYTES || locator.getUint32(0, true) !== LOCATOR64) return undefined;
  const at = u64(locator, 8);
  const record = viewOf(at < endRecord ? await file.slice(at, at + END64_BYTES) : new Uint8Array(0));
  if (record.byteLength < END64_BYTES || record.getUint32(0, true) !== END64)
    throw bad(file, `the zip64 directory is not at byte ${at}; it is damaged, copy it again`);
  const start = u64(record, 48);
  return { count: u64(record, 32), start, end: start + u64(record, 40), endRecord: at };
}

type Unlimited = Omit<ZipEntry, "limit">;

function parseDirectory(
  file: ByteFile,
  bytes: Uint8Array<ArrayBuffer>,
  count: number,
): Map<string, Unlimited> {
  const entries = new Map<string, Unlimited>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, end } = parseEntry(file, bytes, at, i);
    if (entries.has(entry.name)) throw bad(file, `entry ${show(entry.name)} stands twice; save it again`);
    entries.set(entry.name, entry);
    at = end;
  }
  return entries;
}

function parseEntry(
  file: ByteFile,
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  index: number,
): { readonly entry: Unlimited; readonly end: number } {
  const damaged = () => bad(file, `directory entry ${index} is damaged; copy it again`);
  const view = viewOf(bytes.subarray(at));
  if (view.byteLength < CENTRAL_BYTES || view.getUint32(0, true) !== CENTRAL) throw damaged();
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => view.getUint16(offset, true));
  const extraStart = CENTRAL_BYTES + (nameBytes ?? 0);
  const end = extraStart + (extraBytes ?? 0) + (commentBytes ?? 0);
  if (end > view.byteLength) throw damaged();
  const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, at + extraStart));
  if (view.getUint16(8, true) & ENCRYPTED)
    throw new VitrineError("Unsupported", `${file.name}: entry ${show(name)} is encrypted; unpack it first.`);
  const far = zip64Sizes(viewOf(bytes.subarray(at + extraStart, at + extraStart + (extraBytes ?? 0))));
  // The 64-bit field holds only those that do not fit, in this order.
  const [size, packedBytes, start] = [24, 20, 42].map((offset) => {
    const near = view.getUint32(offset, true);
    return near === IN_ZIP64_FIELD ? far.shift() : near;
  });
  if (size === undefined || packedBytes === undefined || start === undefined) throw damaged();
  return {
    entry: { name, method: view.getUint16(10, true), packedBytes, bytes: size, start },
    end: at + end,
  };
}

function zip64Sizes(extra: DataView<ArrayBuffer>): number[] {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const size = extra.getUint16(at + 2, true);
    const from = at + 4;
    if (extra.getUint16(at, true) === ZIP64_FIELD) {
      const fits = Math.floor(Math.min(size, extra.byteLength - from, 24) / 8);
      return Array.from({ length: fits }, (_, i) => u64(extra, from + i * 8));
    }
    at = from + size;
  }
  return [];
}

/** The least that an entry needs must fit before the next one; how long its header is, only the header says. */
function limited(file: ByteFile, entry: Unlimited, limit: number): ZipEntry {
  if (entry.start + LOCAL_BYTES + entry.packedBytes <= limit) return { ...entry, limit };
  throw bad(
    file,
    `entry ${show(entry.name)} with ${entry.packedBytes} bytes from ${entry.start} overlaps what begins at ${limit}; it is damaged, copy it again`,
  );
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) =>
  new DataView(buffer, byteOffset, byteLength);

/** Beyond 2 ** 53 to the nearest number: it is larger than any file then. */
const u64 = (view: DataView, at: number) => Number(view.getBigUint64(at, true));

/** A name for a message; hostile files have long ones. */
const show = (name: string) => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);

const bad = ({ name }: ByteFile, problem: string, options?: ErrorOptions) =>
  new VitrineError("BadFile", `${name}: ${problem}.`, options);
