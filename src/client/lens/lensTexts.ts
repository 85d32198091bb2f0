/** Texts that a Jacobian lens is fitted or judged on, as contexts of token ids; documents that are longer are cut in pieces. */
import type { TokenInfo } from "../../protocol/api";
import type { NamedTexts } from "../edits/promptSets";
import { readDocuments } from "../sae/corpusTexts";

/** What the published code takes: 128 tokens of a text, the first 16 positions left out. */
export const PUBLISHED = { longest: 128, skipFirst: 16 } as const;
/** More are no corpus of a page: each takes a walk back for every number of the stream. */
export const MAX_CONTEXTS = 20_000;

export interface LensContexts {
  readonly name: string;
  readonly contexts: readonly (readonly number[])[];
}

/** `longest`: tokens of a context, with `before` of them put before it. `onRead` answers whether to go on. */
export async function lensContexts(
  { name, texts }: NamedTexts,
  longest: number,
  before: readonly number[],
  tokenize: (text: string) => Promise<readonly TokenInfo[]>,
  onRead: (done: number) => boolean = () => true,
): Promise<LensContexts> {
  const size = Math.max(1, longest - before.length);
  const documents = await readDocuments(texts, tokenize, onRead);
  const contexts = documents.flatMap((ids) => {
    // Its own BOS would stand behind ours.
    const own = before.length > 0 && ids[0] === before[0] ? ids.slice(1) : ids;
    return Array.from({ length: Math.ceil(own.length / size) }, (_, i) =>
      own.slice(i * size, (i + 1) * size),
    );
  });
  if (contexts.length === 0) throw new Error(`There is no text in ${name}.`);
  if (contexts.length > MAX_CONTEXTS)
    throw new Error(`${name} makes ${contexts.length} texts; at most ${MAX_CONTEXTS} are read.`);
  return { name, contexts };
}
