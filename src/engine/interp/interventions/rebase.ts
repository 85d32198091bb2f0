/**
 * Interventions that name positions of one text, for a row that reads parts of that text elsewhere: every position, of
 * tokens, of values and of keys, becomes the row's own.
 */
import type { AttentionPairs, Intervention, Positions } from "../../../protocol/interventions";
import type { ModelConfig } from "../../models/architecture";
import { siteColumns } from "../../models/siteShape";
import { joinFloats } from "../batch/joinFloats";
import { within } from "../batch/positions";

export interface RowOfText {
  /** Of each token of the row its position in the text; a fraction where the text has no such token. */
  readonly origins: readonly number[];
  /** Positions of the row that later tokens do not see: no pattern is put there. */
  readonly hidden?: ReadonlySet<number>;
}

export function rebased(config: ModelConfig, one: Intervention, row: RowOfText): Intervention {
  if (one.kind === "knockOut")
    return { ...one, ...at("queries", one.queries, row), ...at("keys", one.keys, row) };
  if (one.kind === "mask" || one.kind === "score")
    return { ...one, pairs: one.pairs.map((pair) => pairOf(pair, row)) };
  const moved = { ...one, ...at("positions", one.positions, row) };
  if (moved.kind !== "affine" || moved.values === undefined) return moved;
  const { values, valuePositions } = moved;
  const isKeyed = siteColumns(config, moved.site).width === "keys";
  if (valuePositions === undefined && !isKeyed) return moved;
  const places = row.origins.flatMap((origin, position) => {
    const from = valuePositions === undefined ? 0 : valuePositions.indexOf(origin);
    return from < 0 ? [] : [{ position, from }];
  });
  const width = values.length / (valuePositions?.length ?? 1);
  const rows = places.map(({ from }) => values.subarray(from * width, (from + 1) * width));
  return {
    ...moved,
    values: joinFloats(isKeyed ? rows.map((line) => byKey(line, config.nHeads, row)) : rows),
    valuePositions: places.map(({ position }) => position),
  };
}

const pairOf = ({ queries, keys }: AttentionPairs, row: RowOfText): AttentionPairs => ({
  ...at("queries", queries, row),
  ...(keys === "self" ? { keys } : at("keys", keys, row)),
});

function at<Name extends string>(name: Name, positions: Positions | undefined, { origins }: RowOfText) {
  if (positions === undefined) return {};
  const isMeant = within(positions);
  const own = origins.flatMap((origin, position) => (isMeant(origin) ? [position] : []));
  return { [name]: own } as Record<Name, number[]>;
}

/** One query's values [head, key of the text] as [head, key of the row]. */
function byKey(line: Float32Array, nHeads: number, { origins, hidden }: RowOfText): Float32Array {
  const keys = line.length / nHeads;
  const own = new Float32Array(nHeads * origins.length);
  for (let head = 0; head < nHeads; head++) {
    for (const [position, origin] of origins.entries()) {
      if (!Number.isInteger(origin) || origin >= keys || hidden?.has(position)) continue;
      own[head * origins.length + position] = line[head * keys + origin] ?? 0;
    }
  }
  return own;
}
