/**
 * Games as others publish them, read from a file, so that Shapley values can be recomputed from a table's own values:
 *
 *   text   blocks with a line of column names, "Features  Attribution  Shapely Value  SII …", then a row for every coalition
 *          but none, "(0, 2)  -1  0.0  -0.5": the attribution is the coalition's Harsanyi dividend; the line before a block
 *          is its title (the layout of 1fanj/WMS, arXiv:2305.09204)
 *   JSON   one game, or a list: {"0": 1, "0,1": 2, "": 0} or [{"coalition": [0, 1], "value": 2}, …]: values of all 2^n
 *          coalitions of players 0 … n - 1
 */
import { interactionsFromValues } from "./interactions";
import { shapleyFromValues } from "./exact";
import { harsanyiDividends, shapleyFromDividends } from "./harsanyi";

export interface GameTable {
  readonly title: string;
  readonly n: number;
  /** By coalition number. */
  readonly values: Float64Array;
  /** What the file itself says, where it does. */
  readonly published?: { readonly shapley: readonly number[]; readonly interactions?: readonly PairValue[] };
}

interface PairValue {
  readonly pair: readonly [number, number];
  readonly value: number;
}

export interface Recomputed {
  readonly title: string;
  readonly n: number;
  readonly shapley: readonly number[];
  /** From the dividends, by the other formula: the largest difference. */
  readonly dividendsDiffer: number;
  /** Largest differences from what the file says; left out where it says nothing. */
  readonly shapleyDiffers?: number;
  readonly interactionsDiffer?: number;
}

/** 2^n values are kept. */
const MOST_PLAYERS = 20;

export function recompute({ title, n, values, published }: GameTable): Recomputed {
  const shapley = shapleyFromValues(values, n);
  const dividends = harsanyiDividends(values, n);
  dividends[0] = 0;
  const worst = (differences: readonly number[]) => differences.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const pairs = interactionsFromValues(values, n);
  const { interactions } = published ?? {};
  return {
    ...{ title, n, shapley },
    dividendsDiffer: worst(shapleyFromDividends(dividends, n).map((value, i) => value - (shapley[i] ?? NaN))),
    ...(published && {
      shapleyDiffers: worst(published.shapley.map((value, i) => value - (shapley[i] ?? NaN))),
    }),
    ...(interactions && {
      interactionsDiffer: worst(
        interactions.map(({ pair: [i, j], value }) => value - (pairs[i * n + j] ?? NaN)),
      ),
    }),
  };
}

/** `name` is for messages. */
export function readGameTables(name: string, text: string): GameTable[] {
  const start = text.trimStart()[0];
  const tables = start === "{" || start === "[" ? readJson(name, text) : readText(name, text);
  if (tables.length === 0)
    throw new Error(
      `${name}: holds no table; a block begins with a line of columns, “Features  Attribution …”.`,
    );
  return tables;
}

function coalitionNumber(where: string, members: readonly number[]): number {
  const bad = members.find((player) => !Number.isInteger(player) || player < 0 || player >= MOST_PLAYERS);
  if (bad !== undefined) throw new Error(`${where}: player ${bad} is not one of 0 … ${MOST_PLAYERS - 1}.`);
  return members.reduce((sum, player) => sum | (1 << player), 0);
}

const numbersIn = (text: string) => (text.match(/-?\d+/g) ?? []).map(Number);

/** Of the coalitions named; every one of 2^n has to be there. */
function complete(where: string, known: ReadonlyMap<number, number>): { n: number; values: Float64Array } {
  const n = Math.max(0, ...[...known.keys()].map((coalition) => 32 - Math.clz32(coalition)));
  const values = Float64Array.from({ length: 2 ** n }, (_, coalition) => known.get(coalition) ?? NaN);
  const missing = values.findIndex((value) => Number.isNaN(value));
  if (missing >= 0) {
    const members = Array.from({ length: n }, (_, i) => i).filter((i) => (missing >> i) & 1);
    throw new Error(
      `${where}: coalition (${members.join(", ")}) of ${n} players has no value; exact values need all.`,
    );
  }
  return { n, values };
}

function readText(name: string, text: string): GameTable[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, at): GameTable[] => {
    if (!/^\s*Features\s/.test(line)) return [];
    const columns = line.trim().split(/\s{2,}/);
    const end = lines.findIndex((later, i) => i > at && !later.includes("("));
    const rows = lines.slice(at + 1, end < 0 ? undefined : end);
    const title = (lines[at - 1] ?? "").trim();
    return [readBlock(`${name}, line ${at + 1}`, title, columns, rows)];
  });
}

function readBlock(
  where: string,
  title: string,
  columns: readonly string[],
  rows: readonly string[],
): GameTable {
  const column = (pattern: RegExp) => columns.findIndex((one) => pattern.test(one)) - 1;
  const [dividendAt, shapleyAt, pairAt] = [/^attribution$/i, /^shap/i, /^SII$/i].map(column);
  if (dividendAt === undefined || dividendAt < 0)
    throw new Error(`${where}: has no column “Attribution”; it holds the coalitions' dividends.`);
  const read = rows.map((row) => {
    const [features = ""] = /\([^)]*\)/.exec(row) ?? [];
    const cells = row
      .slice(row.indexOf(")") + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    if (cells.some(Number.isNaN))
      throw new Error(`${where}: the row of ${features} has a cell that is no number.`);
    return { members: numbersIn(features), cells };
  });
  const byCoalition = new Map(read.map((row) => [coalitionNumber(where, row.members), row]));
  const dividends = new Map(
    [...byCoalition].map(([coalition, { cells }]) => [coalition, cells[dividendAt] ?? NaN]),
  );
  const { n, values } = complete(where, new Map([[0, 0], ...dividends]));
  // Sums over subsets give the values back.
  for (let i = 0; i < n; i++)
    for (let coalition = 0; coalition < values.length; coalition++)
      if ((coalition >> i) & 1)
        values[coalition] = (values[coalition] ?? NaN) + (values[coalition ^ (1 << i)] ?? NaN);
  const own = (at: number | undefined, coalition: number) =>
    at === undefined || at < 0 ? NaN : (byCoalition.get(coalition)?.cells[at] ?? NaN);
  const shapley = Array.from({ length: n }, (_, i) => own(shapleyAt, 1 << i));
  const interactions = read
    .filter(({ members }) => members.length === 2)
    .map(({ members: [i = 0, j = 0] }) => ({
      pair: [i, j] as const,
      value: own(pairAt, (1 << i) | (1 << j)),
    }));
  const hasPairs = interactions.length > 0 && interactions.every(({ value }) => !Number.isNaN(value));
  return {
    ...{ title, n, values },
    ...(shapley.some(Number.isNaN) ? {} : { published: { shapley, ...(hasPairs && { interactions }) } }),
  };
}

function readJson(name: string, text: string): GameTable[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name}: is no JSON (${String(cause)}).`, { cause });
  }
  const isGame = !Array.isArray(json) || json.every((one) => isRecord(one) && "value" in one);
  const games: readonly unknown[] = isGame ? [json] : (json as unknown[]);
  return games.map((game, i) => {
    const where = games.length > 1 ? `${name}, game ${i + 1}` : name;
    return { title: where, ...complete(where, coalitionsOf(where, game)) };
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function coalitionsOf(where: string, game: unknown): Map<number, number> {
  const entries: readonly (readonly [readonly number[], unknown])[] = Array.isArray(game)
    ? game.map((one: unknown) => {
        const { coalition, subset, features, value } = isRecord(one) ? one : {};
        return [numbersIn(JSON.stringify(coalition ?? subset ?? features ?? "")), value];
      })
    : Object.entries(isRecord(game) ? game : {}).map(([key, value]) => [numbersIn(key), value]);
  return new Map(
    entries.map(([members, value]) => {
      if (typeof value !== "number" || !Number.isFinite(value))
        throw new Error(`${where}: the value of (${members.join(", ")}) is no number.`);
      return [coalitionNumber(where, members), value];
    }),
  );
}
