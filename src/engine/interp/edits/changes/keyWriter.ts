/** Entries for chosen keys of chosen queries, in blocks.L.attn.scores. A token's row has the keys that it sees, its own last. */
import { joined, type Writer } from "../editTable";
import { headsOf, type KeysOfQuery, type OfScores, type WriterPlace } from "./change";

/** Scores of those keys become keep · score + value. */
export function keyWriter(
  change: OfScores,
  keysOfQuery: KeysOfQuery,
  keep: number,
  value: number,
  { config, stride, keysOf, table }: WriterPlace,
): Writer {
  const heads = headsOf(change, config);
  const values = table.values(new Float32Array(stride).fill(value));
  return {
    key: ({ origin }) => (keysOfQuery(origin) ? "own" : undefined),
    write(token) {
      const isChosen = keysOfQuery(token.origin);
      if (!isChosen) return;
      const keys = keysOf(token);
      const ranges = joined(keys.flatMap((key, j) => (isChosen(key, j === keys.length - 1) ? [j] : [])));
      for (const head of heads)
        for (const [start, width] of ranges) table.entry([head * stride + start, width], keep, values);
    },
  };
}
