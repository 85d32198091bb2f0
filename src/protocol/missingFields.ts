/**
 * What files do not say about a model or an autoencoder, and somebody has to: a few fields of its config. Beside them stands
 * what the shapes of the tensors gave, so that one can see whether the file was understood.
 */

export type FieldValue = string | number | boolean | null;

/** Fields by name, as a config spells them. */
export type GivenFields = Readonly<Record<string, FieldValue | readonly number[]>>;

export interface WantedField {
  readonly name: string;
  /** What it is, in a few words. */
  readonly what: string;
  /** The values to choose from; without them a whole number above 0. */
  readonly choices?: readonly { readonly value: FieldValue; readonly label: string }[];
}

export interface KnownField {
  readonly name: string;
  readonly value: FieldValue;
  /** The tensor, or the place in the file, that it was taken from. */
  readonly from: string;
}

export interface MissingFields {
  /** The file, for people. */
  readonly file: string;
  /** As what the file was recognised: "a TransformerLens state dict". */
  readonly as: string;
  readonly wanted: readonly WantedField[];
  readonly known: readonly KnownField[];
}
