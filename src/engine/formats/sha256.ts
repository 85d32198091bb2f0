/**
 * SHA-256 (FIPS 180-4) of files of any size. The browser's own digest wants all bytes at once, so files that
 * are too large for that are hashed here, block by block.
 */
import type { ByteFile } from "./source";

const WHOLE_LIMIT_BYTES = 256 * 1024 * 1024;
const SLICE_BYTES = 8 * 1024 * 1024;
const BLOCK_BYTES = 64;

/** The first 32 bits of the fractional part of a root of each of the first primes. */
function rootConstants(count: number, root: (prime: number) => number): Uint32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return Uint32Array.from(primes, (prime) => (root(prime) % 1) * 2 ** 32);
}

const ROUND = rootConstants(64, Math.cbrt);
const INITIAL = rootConstants(8, Math.sqrt);

export class Sha256 {
  readonly #state = INITIAL.slice();
  readonly #words = new Uint32Array(64);
  #rest = new Uint8Array(0);
  #length = 0;

  update(bytes: Uint8Array): this {
    this.#length += bytes.length;
    const data = new Uint8Array(this.#rest.length + bytes.length);
    data.set(this.#rest);
    data.set(bytes, this.#rest.length);
    const whole = data.length - (data.length % BLOCK_BYTES);
    const view = new DataView(data.buffer);
    for (let at = 0; at < whole; at += BLOCK_BYTES) this.#block(view, at);
    this.#rest = data.slice(whole);
    return this;
  }

  /** Lower-case hex. The object is used up. */
  digest(): string {
    const bits = this.#length * 8;
    const padded = new Uint8Array(Math.ceil((this.#rest.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
    padded.set(this.#rest);
    padded[this.#rest.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padded.length - 4, bits >>> 0);
    for (let at = 0; at < padded.length; at += BLOCK_BYTES) this.#block(view, at);
    return [...this.#state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  #block(view: DataView, at: number): void {
    const w = this.#words;
    const rotate = (x: number, n: number) => (x >>> n) | (x << (32 - n));
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] ?? 0;
      const y = w[i - 2] ?? 0;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = (w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1;
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = this.#state;
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] ?? 0) + (w[i] ?? 0)) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (this.#state[i] = (this.#state[i] ?? 0) + value));
  }
}

/** The hash of the files' bytes, one after the other. */
export async function hashFiles(files: readonly ByteFile[]): Promise<string> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const [only] = files;
  if (only && files.length === 1 && total <= WHOLE_LIMIT_BYTES && globalThis.crypto?.subtle) {
    const digest = await crypto.subtle.digest("SHA-256", await only.slice(0, only.size));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const hash = new Sha256();
  for (const file of files) {
    for (let at = 0; at < file.size; at += SLICE_BYTES) {
      hash.update(await file.slice(at, Math.min(file.size, at + SLICE_BYTES)));
    }
  }
  return hash.digest();
}
