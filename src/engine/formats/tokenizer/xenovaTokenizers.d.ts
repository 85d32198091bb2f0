/** Types of the one module of @xenova/transformers that is used, by sub-path: the rest would bring a runtime. */
declare module "@xenova/transformers/src/tokenizers.js" {
  export class PreTrainedTokenizer {
    constructor(tokenizerJson: object, tokenizerConfig: object);
    readonly model: {
      /** By id; ids may be missing. */
      readonly vocab: readonly (string | undefined)[];
      readonly tokens_to_ids: ReadonlyMap<string, number>;
    };
    /** Undefined stands for a piece without an id. */
    encode(text: string, pair: null, options: { add_special_tokens: boolean }): (number | undefined)[];
    /** Throws for an empty list. */
    decode(
      ids: readonly number[],
      options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean },
    ): string;
  }
}
