/** GPT-2's own tokenizer on the cases that another implementation publishes: every id, every text. */
import { describe, expect, it } from "vitest";
import type { Json } from "../src/engine/formats/bytes/json";
import { createTokenizer } from "../src/engine/formats/tokenizer/tokenizer";
import { compatJson, isMissing } from "./folder";

interface Case {
  readonly input: string;
  readonly encoded: { readonly input_ids: readonly number[] };
  readonly decoded_without_special: string;
}

/** The published texts have English spacing tidied, which would not be what the model sees. */
const tidied = (text: string) =>
  text
    .replace(/ ([.?!,])/g, "$1")
    .replaceAll(" ' ", "'")
    .replace(/ (n't|'m|'s|'ve|'re)/g, "$1");

describe.skipIf(isMissing("tokenizers"))("GPT-2 tokenizer", () => {
  const { distilgpt2: cases = [] } = isMissing("tokenizers")
    ? {}
    : compatJson<Record<string, readonly Case[]>>("tokenizers/tokenizer_tests.json");
  const open = () => createTokenizer(compatJson<Json>("tokenizers/gpt2_tokenizer.json"));

  it("has the 18 cases", () => expect(cases).toHaveLength(18));

  it.each(cases)("$input", ({ input, encoded, decoded_without_special: decoded }) => {
    const tokenizer = open();
    const ids = tokenizer.encode(input, { addBos: false });
    expect(ids).toEqual(encoded.input_ids);
    expect(tokenizer.decode(ids)).toBe(input);
    expect(tidied(tokenizer.decode(ids))).toBe(decoded);
  });
});
