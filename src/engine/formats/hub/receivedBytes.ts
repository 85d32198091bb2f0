/**
 * The bytes of one file that have arrived from another host so far, in order. They are held in blobs, which a
 * browser may move from memory to its disk; the page itself keeps a few megabytes at most.
 */
import { VitrineError } from "../../../protocol/errors";

const PART_BYTES = 8 * 1024 * 1024;

export class ReceivedBytes {
  #parts: Blob[] = [];
  #tail: Uint8Array<ArrayBuffer>[] = [];
  #tailBytes = 0;
  #size = 0;
  /** The file's size, once known for certain. */
  total: number | undefined;
  /** What the host said of it; of a compressed answer it may be the compressed size. */
  announced: number | undefined;
  /** The host's name for this version of the file, if it tells. */
  etag: string | undefined;
  /** Every byte is here. */
  isComplete = false;
  /** The host has another version by now: what is here belongs to none that can be completed. */
  isStale = false;

  constructor(readonly name: string) {}

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array<ArrayBuffer>): void {
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
    this.#size += bytes.length;
    if (this.#size === this.total) this.complete();
    else if (this.#tailBytes >= PART_BYTES) this.#flush();
  }

  complete(): void {
    this.#flush();
    this.total = this.#size;
    this.isComplete = true;
  }

  clear(): void {
    this.#parts = [];
    this.#tail = [];
    this.#tailBytes = 0;
    this.#size = 0;
    this.isComplete = false;
  }

  async slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return new Uint8Array(await new Blob([...this.#parts, ...this.#tail]).slice(start, end).arrayBuffer());
    } catch (cause) {
      const message = `${this.name}: the browser could not hold what was fetched; free memory or disk space, or download the file and drop it in.`;
      throw new VitrineError("OutOfMemory", message, { cause });
    }
  }

  #flush(): void {
    this.#parts.push(new Blob(this.#tail));
    this.#tail = [];
    this.#tailBytes = 0;
  }
}
