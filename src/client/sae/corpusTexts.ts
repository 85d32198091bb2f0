/**
 * Texts that latents are looked for in: files of the visitor's own, or problems from the generator of the embedded models.
 * Read piece by piece, so that only token ids are held of a large file.
 */
import type { TokenInfo } from "../../protocol/api";
import { textsOfFile, type NamedTexts } from "../edits/promptSets";

export const MAX_CORPUS_BYTES = 256_000_000;
/** Characters of a plain text that are one document. */
const DOCUMENT = 20_000;
/** Texts that are tokenized at a time. */
const AT_ONCE = 32;

/** A .jsonl file is a document a line; any other text is cut at line ends. */
export function documentsOfFile(name: string, content: string): NamedTexts {
  const { texts } = textsOfFile(name, content);
  return { name, texts: /\.(jsonl|ndjson)$/i.test(name) ? texts : texts.flatMap(cutAtLines) };
}

/** Pieces of about 20,000 characters, cut after a line's end; a line that is longer is cut inside. */
export function cutAtLines(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const most = at + DOCUMENT;
    const lineEnd = text.lastIndexOf("\n", most - 1) + 1;
    const end = most >= text.length ? text.length : lineEnd > at ? lineEnd : most;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

/** Token ids of every text, in order. `onRead` answers whether to go on. */
export async function readDocuments(
  texts: readonly string[],
  tokenize: (text: string) => Promise<readonly TokenInfo[]>,
  onRead: (done: number) => boolean,
): Promise<number[][]> {
  const documents: number[][] = [];
  for (let start = 0; start < texts.length; start += AT_ONCE) {
    const read = await Promise.all(texts.slice(start, start + AT_ONCE).map((text) => tokenize(text)));
    documents.push(...read.map((tokens) => tokens.map(({ id }) => id)).filter((ids) => ids.length > 0));
    if (!onRead(Math.min(texts.length, start + AT_ONCE))) break;
  }
  return documents;
}
