/**
 * Byte-level tokens as text. GPT-2 and its successors spell every byte with a printable character ("Ġ" is a
 * space); this turns such a spelling back into bytes, and bytes into text with stray ones in hex.
 */

/** Bytes that stand for themselves; the others are spelled with the characters from 256 on, in order. */
const isPrintable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

const BYTE_OF = new Map<string, number>();
for (let byte = 0, next = 256; byte < 256; byte++) {
  BYTE_OF.set(String.fromCharCode(isPrintable(byte) ? byte : next++), byte);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes that a byte-level token spells; nothing if it holds a character that spells none. */
export function bytesOfToken(token: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Array.from(token, (char) => BYTE_OF.get(char));
  const known = bytes.filter((byte) => byte !== undefined);
  return known.length === bytes.length ? Uint8Array.from(known) : undefined;
}

/** UTF-8 text; each byte that belongs to no whole character becomes "0xE2". */
export function textOfBytes(bytes: Uint8Array<ArrayBuffer>): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const char = decodeWhole(bytes.subarray(at, at + length));
    text += char ?? `0x${lead.toString(16).toUpperCase().padStart(2, "0")}`;
    at += char === undefined ? 1 : length;
  }
  return text;
}

function decodeWhole(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
