/**
 * A stored tensor's bytes with their blocks in another order, as a file of its own: so that readers which know one
 * order (heads of a fused projection) need not know a second.
 */
import { VitrineError } from "../../../protocol/errors";
import type { StoredTensor } from "../storedModel";
import type { ByteFile } from "./source";

/** Block i is the one that stands at place `order[i]`; only the tensor's own range may be read. */
export function reorderedFile({ file, entry }: StoredTensor, order: readonly number[]): ByteFile {
  const [rows = 0] = entry.shape;
  const blockBytes = (entry.end - entry.start) / order.length;
  if (rows % order.length !== 0) {
    throw new VitrineError(
      "BadFile",
      `${file.name}: tensor ${entry.name} has ${rows} rows, which are not ${order.length} equal blocks; convert it again.`,
    );
  }
  return {
    name: file.name,
    size: file.size,
    async slice(start, end) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      let filled = 0;
      while (filled < bytes.length) {
        const at = start + filled - entry.start;
        const block = Math.floor(at / blockBytes);
        const inBlock = at - block * blockBytes;
        const size = Math.min(blockBytes - inBlock, bytes.length - filled);
        const from = entry.start + (order[block] ?? 0) * blockBytes + inBlock;
        const part = await file.slice(from, from + size);
        bytes.set(part, filled);
        // Short if the file has become shorter; the reader checks.
        if (part.length < size) return bytes.slice(0, filled + part.length);
        filled += size;
      }
      return bytes;
    },
  };
}
