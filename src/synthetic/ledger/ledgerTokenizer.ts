/** The `tokenizer.json` of the ledger models: one token a word, BOS in front. */
import { LEDGER_VOCABULARY } from "./ledger";

const SPECIAL = ["<s>", "</s>", "<unk>", "<pad>"];

export function ledgerTokenizerJson(): object {
  const idOf = Object.fromEntries(LEDGER_VOCABULARY.map((token, id) => [token, id]));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content) => ({
      id: idOf[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [
        { SpecialToken: { id: "<s>", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { Sequence: { id: "B", type_id: 0 } },
      ],
      special_tokens: { "<s>": { id: "<s>", ids: [idOf["<s>"]], tokens: ["<s>"] } },
    },
    decoder: null,
    model: { type: "WordLevel", vocab: idOf, unk_token: "<unk>" },
  };
}
