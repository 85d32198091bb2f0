/**
 * SHA-256 (FIPS 180-4) of files of any size. The browser's own digest wants all bytes at once, so files that
 * are too large for that are hashed here, block by block.
 */
import { VitrineError } from "../../../protocol/errors";
import { inNameOrder, type ByteFile } from "./source";

/** Up to here a file is read whole, for the browser's digest, which is several times faster. */
const WHOLE_LIMIT_BYTES = 256 * 1024 * 1024;
const SLICE_BYTES = 8 * 1024 * 1024;
const BLOCK_BYTES = 64;

/** The hash of the files' bytes, one file after the other in order of name; lower-case hex. */
export async function hashFiles(files: readonly ByteFile[]): Promise<string> {
  const [only] = files;
  if (only && files.length === 1 && only.size <= WHOLE_LIMIT_BYTES && globalThis.crypto?.subtle) {
    const digest = await crypto.subtle.digest("SHA-256", await readSlice(only, 0, only.size));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const hash = new Sha256();
  for (const file of inNameOrder(files)) {
    for (let at = 0; at < file.size; at += SLICE_BYTES) {
      hash.update(await readSlice(file, at, Math.min(file.size, at + SLICE_BYTES)));
    }
  }
  return hash.digest();
}

async function readSlice(file: ByteFile, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await file.slice(start, end);
  if (bytes.length === end - start) return bytes;
  throw new VitrineError(
    "BadFile",
    `${file.name} ends early; it changed while it was read: choose it again.`,
  );
}

/** The first 32 bits of the fractional part of a root of each of the first primes. */
function rootConstants(count: number, root: (prime: number) => number): Int32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return Int32Array.from(primes, (prime) => Math.floor((root(prime) % 1) * 2 ** 32));
}

const ROUND = rootConstants(64, Math.cbrt);
const INITIAL = rootConstants(8, Math.sqrt);

export class Sha256 {
  readonly #state = INITIAL.slice();
  readonly #words = new Int32Array(64);
  /** The start of a block that is not full yet. */
  readonly #rest = new Uint8Array(BLOCK_BYTES);
  #length = 0;

  update(bytes: Uint8Array): this {
    const held = this.#length % BLOCK_BYTES;
    this.#length += bytes.length;
    let at = 0;
    if (held > 0) {
      at = Math.min(BLOCK_BYTES - held, bytes.length);
      this.#rest.set(bytes.subarray(0, at), held);
      if (held + at < BLOCK_BYTES) return this;
      compress(this.#state, this.#words, this.#rest, 0);
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) compress(this.#state, this.#words, bytes, at);
    this.#rest.set(bytes.subarray(at));
    return this;
  }

  /** Lower-case hex. The object is used up. */
  digest(): string {
    const bits = BigInt(this.#length) * 8n;
    const zeros = (2 * BLOCK_BYTES - 9 - (this.#length % BLOCK_BYTES)) % BLOCK_BYTES;
    const tail = new Uint8Array(1 + zeros + 8);
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(1 + zeros, bits);
    this.update(tail);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

/** One block, written out because destructuring costs more than half the speed. Every read is in range; `| 0` says so to the compiler and keeps the values 32-bit integers. */
function compress(state: Int32Array, w: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0, j = at; i < 16; i++, j += 4) {
    w[i] = (at8(bytes, j) << 24) | (at8(bytes, j + 1) << 16) | (at8(bytes, j + 2) << 8) | at8(bytes, j + 3);
  }
  for (let i = 16; i < 64; i++) {
    const x = at32(w, i - 15);
    const y = at32(w, i - 2);
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = at32(w, i - 16) + s0 + at32(w, i - 7) + s1;
  }
  let a = at32(state, 0);
  let b = at32(state, 1);
  let c = at32(state, 2);
  let d = at32(state, 3);
  let e = at32(state, 4);
  let f = at32(state, 5);
  let g = at32(state, 6);
  let h = at32(state, 7);
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at32(ROUND, i) + at32(w, i)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = at32(state, 0) + a;
  state[1] = at32(state, 1) + b;
  state[2] = at32(state, 2) + c;
  state[3] = at32(state, 3) + d;
  state[4] = at32(state, 4) + e;
  state[5] = at32(state, 5) + f;
  state[6] = at32(state, 6) + g;
  state[7] = at32(state, 7) + h;
}

const at8 = (bytes: Uint8Array, i: number) => (bytes[i] ?? 0) | 0;
const at32 = (words: Int32Array, i: number) => (words[i] ?? 0) | 0;
