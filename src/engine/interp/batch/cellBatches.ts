/** How many rows go through the model at a time: cells of a sweep, variants of a prompt, texts. */
import type { Model } from "../../models/model";
import { cacheBytesPerToken } from "../../models/sizes";

/**
 * Multiplications of one batch: well under a tenth of a second of the CPU device, and enough to keep a GPU busy. Batches of
 * one size whatever the speed: the same sweep gives the same numbers every time.
 */
const BATCH_MULTIPLICATIONS = { cpu: 1.5e8, webgpu: 8e9 } as const;
/** The same of a pass over a corpus, which is long and may be stopped between any two batches. */
export const CORPUS_MULTIPLICATIONS = { cpu: 1e9, webgpu: 4e10 } as const;
/** Tokens of one batch, however small the model. */
const MAX_BATCH_TOKENS = 8192;
/** What keys and values of one batch may take. */
const CACHE_BUDGET_BYTES = 256 << 20;

/** Most tokens in one batch of rows that see up to `keys` positions, of so many multiplications, in blocks from one on. */
export function batchTokens(
  { config, memory }: Model,
  keys: number,
  changesPatterns: boolean,
  multiplications: number = BATCH_MULTIPLICATIONS[memory.device.kind],
  firstBlock = 0,
): number {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp } = config;
  const weights = (nLayers - firstBlock) * dModel * (2 * (nHeads + nKvHeads) * dHead + 3 * dMlp);
  // Patterns are written out, [token, head, key], only where something changes them.
  const widest = Math.max(2 * dMlp, (nHeads + 2 * nKvHeads) * dHead, changesPatterns ? nHeads * keys : 0);
  const bounds = [
    MAX_BATCH_TOKENS,
    multiplications / weights,
    memory.device.limits.maxBufferBytes / (4 * widest),
    CACHE_BUDGET_BYTES / cacheBytesPerToken(config),
  ];
  return Math.max(1, Math.floor(Math.min(...bounds)));
}

/** Consecutive rows, as many to a batch as `limit` tokens hold, and at least one. */
export function batchesOf<T>(cells: readonly T[], tokensOf: (cell: T) => number, limit: number): T[][] {
  const batches: T[][] = [];
  let room = 0;
  for (const cell of cells) {
    const tokens = tokensOf(cell);
    if (tokens > room) {
      batches.push([]);
      room = Math.max(limit, tokens);
    }
    batches.at(-1)?.push(cell);
    room -= tokens;
  }
  return batches;
}

/** The same of rows that begin at different blocks: none share a batch that do not begin together. Lowest blocks first. */
export function batchesByBlock<T>(
  cells: readonly T[],
  blockOf: (cell: T) => number,
  tokensOf: (cell: T) => number,
  limitOf: (block: number) => number,
): T[][] {
  const together = new Map<number, T[]>();
  for (const cell of cells) {
    const block = blockOf(cell);
    const own = together.get(block) ?? [];
    own.push(cell);
    together.set(block, own);
  }
  const blocks = [...together].sort(([a], [b]) => a - b);
  return blocks.flatMap(([block, own]) => batchesOf(own, tokensOf, limitOf(block)));
}
