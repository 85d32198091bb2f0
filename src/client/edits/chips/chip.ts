/**
 * What the page knows of a kind of edit from the first view on: its words, its amount, whether it fits a model. Everything
 * else is fetched with the editor, a link or a program (details/).
 */
import type { ModelInfo } from "../../../protocol/api";
import type { Edit, EditKind } from "../../../protocol/interventions";

export type FitModel = Pick<
  ModelInfo,
  | "name"
  | "sha256"
  | "vocabulary"
  | "sites"
  | "nLayers"
  | "nHeads"
  | "nKvHeads"
  | "dHead"
  | "dModel"
  | "dMlp"
  | "dVocab"
>;

/** How strong an edit is: the one number that its chip lets be changed. */
export interface Amount {
  readonly name: "strength" | "factor" | "coefficient" | "amount";
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

export interface EditKindWords<K extends EditKind> {
  /** What the edit does and where it takes values from, around the place that it changes. */
  what(edit: Edit<K>): string;
  /** At which positions, where that is not part of the place; empty if there is nothing to say. */
  scope?(edit: Edit<K>): string;
  /** "× 0.5", "strength 0.5"; empty where an edit replaces fully. */
  amountText?(edit: Edit<K>): string;
  /** Absent, or undefined, for edits that are there or not. */
  amount?(edit: Edit<K>): Amount | undefined;
  /** Whether it holds token ids, which mean something else to another tokenizer. */
  hasTokens?(edit: Edit<K>): boolean;
  /** Why it cannot act on the model, with the model's own numbers; layers, heads, site and tokens are checked for all. */
  misfit?(edit: Edit<K>, model: FitModel, attached: ReadonlySet<string>): string | undefined;
}
