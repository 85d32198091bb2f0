/** What the run knows of a kind of intervention, in one place for each. */
import type { AttentionMask, AttentionPairs, Intervention } from "../../../../protocol/interventions";
import { blockSite, type Site } from "../../../../protocol/sites";
import type { ModelConfig } from "../../../models/architecture";
import type { Model } from "../../../models/model";
import { within } from "../../batch/positions";
import { checked, type EditTable, type KeysOf, type Writer } from "../editTable";

export type Change<K extends Intervention["kind"]> = Extract<Intervention, { kind: K }>;

/** Where a writer writes. */
export interface WriterPlace {
  readonly config: ModelConfig;
  /** Columns of one head. */
  readonly stride: number;
  readonly keysOf: KeysOf;
  readonly table: EditTable;
}

/** `key`: its origin; several tokens that the text has not may share one, so which key is the query's own is said beside. */
export type KeyTest = (key: number, isOwn: boolean) => boolean;
/** For a query: which keys, or undefined: none, whatever they are. */
export type KeysOfQuery = (query: number) => KeyTest | undefined;

/** What an intervention does to the keys that queries see. */
export interface Sight {
  readonly heads: readonly number[] | undefined;
  readonly hides?: KeysOfQuery;
  readonly shows?: KeysOfQuery;
  /** Of masks: what becomes of a row that has no key left. */
  readonly empty?: AttentionMask["empty"];
}

export interface ChangeKind<K extends Intervention["kind"]> {
  /** The site that it changes. */
  site(change: Change<K>, model: Pick<Model, "saes">): Site;
  /** Entries of the site's table; absent: it acts in a stage of its own (latentTables.ts). */
  writer?(change: Change<K>, place: WriterPlace): Writer;
  /** What it does to the keys of its layer; absent: queries see what they saw. */
  sight?(change: Change<K>): Sight;
  /** It may leave rows without a key, which are then zeroed in the pattern of its layer (emptyRows.ts). */
  readonly emptiesRows?: true;
}

/** A change of the scores of a layer. */
export interface OfScores {
  readonly layer: number;
  readonly heads?: readonly number[];
}

export const scoresOf = ({ layer }: OfScores): Site => blockSite(layer, "attn.scores");

export const headsOf = (change: OfScores, { nHeads }: ModelConfig) =>
  checked(change.heads, nHeads, scoresOf(change), "heads");

/** For a query: whether a pair names it with a key; undefined where no pair names the query. */
export function pairTest(pairs: readonly AttentionPairs[]): KeysOfQuery {
  const rules = pairs.map(({ queries, keys }) => {
    const isKey = keys === "self" ? undefined : within(keys);
    return { isQuery: within(queries), isKey };
  });
  return (query) => {
    const own = rules.filter(({ isQuery }) => isQuery(query));
    if (own.length === 0) return undefined;
    return (key, isOwn) => own.some(({ isKey }) => (isKey ? isKey(key) : isOwn));
  };
}
