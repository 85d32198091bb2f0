/**
 * One activation of both sides, captured, read in blocks and subtracted pair by pair. The engine lets go of both
 * tensors at the end, whatever happens.
 */
import type { TensorRef } from "../../../protocol/analysis";
import type { EngineApi } from "../../../protocol/api";
import type { RunId } from "../../../protocol/progress";
import type { Site } from "../../../protocol/sites";
import { linearCka } from "../../../statistics/linearCka";
import type { Pair } from "./align";
import type { Aligned } from "./compared";
import { DifferenceRows, type Difference } from "./difference";
import { promptOf } from "./sides";

type Reader = Pick<EngineApi, "capture" | "releaseTensors" | "readTensor">;

export interface ActivationDifference {
  readonly aligned: Aligned;
  readonly site: Site;
  /** Undefined: all heads side by side, or no head axis. */
  readonly head: number | undefined;
  /** What columns are: dimensions of the site, or the aligned pairs as keys. */
  readonly columns: "dimension" | "key";
  /** Heads side by side in a row; 1 without a head axis. */
  readonly heads: number;
  readonly rows: Difference;
  /** How alike two models with other weights arrange the tokens, special ones left out; between heads and keys there is none. */
  readonly cka?: { readonly value: number; readonly n: number };
}

/** Rows that CKA is over at most: it compares every pair of them. */
const MOST_CKA_ROWS = 256;

/** Elements that are asked for at a time. */
const BLOCK_ELEMENTS = 1_000_000;

export const isByKey = (site: Site) => /\.attn\.(scores|pattern)$/.test(site);
export const hasHeads = (site: Site) => isByKey(site) || /\.attn\.(rot_)?[qkvz]$/.test(site);

/** `head` undefined: all of them side by side; patterns and scores have one at a time. */
export async function differenceOf(
  engine: Reader,
  aligned: Aligned,
  site: Site,
  head: number | undefined,
  runId: RunId,
): Promise<ActivationDifference> {
  const { left, right, pairs } = aligned;
  const held: TensorRef[] = [];
  try {
    for (const side of [left, right]) {
      const { model, ...prompt } = promptOf(side);
      held.push(...(await engine.capture({ prompts: [prompt], sites: [site], model }, runId)));
    }
    const [a, b] = held;
    if (!a || !b) throw new Error(`The engine captured no ${site}.`);
    const byKey = isByKey(site);
    const [read, readOther] = [rowReader(engine, a, head), rowReader(engine, b, head)];
    if (!byKey && read.width !== readOther.width) {
      throw new Error(
        `${site} is ${read.width} wide on the left and ${readOther.width} on the right: there is no difference to show.`,
      );
    }
    const isAlike = left.info.sha256 !== right.info.sha256 && !byKey;
    const alike: [Float32Array[], Float32Array[]] = [[], []];
    const rows = new DifferenceRows(pairs.length, byKey ? pairs.length : read.width);
    const atOnce = Math.max(1, Math.floor(BLOCK_ELEMENTS / Math.max(read.width, readOther.width)));
    for (let from = 0; from < pairs.length; from += atOnce) {
      const block = pairs.slice(from, from + atOnce);
      const [mine, theirs] = await Promise.all([
        read.rows(block.map(([l]) => l)),
        readOther.rows(block.map(([, r]) => r)),
      ]);
      for (const [i, [l, r]] of block.entries()) {
        const [x, y] = [mine(i), theirs(i)];
        // A first token's activations are so large that they would decide alone.
        const isSpecial = left.tokens[l]?.special === true || right.tokens[r]?.special === true;
        if (isAlike && !isSpecial && alike[0].length < MOST_CKA_ROWS) {
          alike[0].push(x.slice());
          alike[1].push(y.slice());
        }
        if (byKey) rows.set(from + i, atKeys(x, pairs, 0), atKeys(y, pairs, 1));
        else rows.set(from + i, x, y);
      }
    }
    const oneHead = hasHeads(site) ? head : undefined;
    const heads = hasHeads(site) && oneHead === undefined ? (a.shape[1] ?? 1) : 1;
    const cka = isAlike ? { value: linearCka(...alike), n: alike[0].length } : undefined;
    const columns = byKey ? "key" : "dimension";
    return { aligned, site, head: oneHead, columns, heads, rows, ...(cka && { cka }) };
  } finally {
    await engine.releaseTensors(held.map(({ id }) => id));
  }
}

/** A row over all keys, at the keys of one side of the pairs. */
function atKeys(row: Float32Array, pairs: readonly Pair[], side: 0 | 1): Float32Array {
  return Float32Array.from(pairs, (pair) => row[pair[side]] ?? NaN);
}

/** Reads rows of a tensor's positions, exactly: of one head, or of all side by side. */
function rowReader(engine: Reader, { id, site, shape }: TensorRef, head: number | undefined) {
  const [first = 0, second = 1, third = 1] = shape;
  const byKey = isByKey(site);
  const isHead = hasHeads(site) && head !== undefined;
  const heads = byKey ? first : second;
  if (isHead && head >= heads) throw new Error(`${site} has heads 0 to ${heads - 1}, not head ${head}.`);
  const width = byKey ? third : isHead ? third : second * third;
  const skip = isHead && !byKey ? head * third : 0;
  return {
    width,
    async rows(positions: readonly number[]): Promise<(i: number) => Float32Array> {
      const [from, end] = [positions[0] ?? 0, (positions.at(-1) ?? -1) + 1];
      const { data } = await engine.readTensor({
        id,
        leading: byKey ? [head ?? 0] : [],
        rows: [from, end],
        cols: [skip, skip + width],
        maxRows: end - from,
        maxCols: width,
      });
      return (i) => {
        const row = (positions[i] ?? 0) - from;
        return data.subarray(row * width, (row + 1) * width);
      };
    },
  };
}
