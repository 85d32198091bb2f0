/** Classifiers are told from language models by their config or by their head. */
import { expect, it } from "vitest";
import { classifierNote } from "./classifierHead";

const BODY = ["transformer.wte.weight", "transformer.h.0.attn.c_attn.weight"];

it.each([
  [
    "a name in the config",
    { architectures: ["GPT2ForSequenceClassification"] },
    BODY,
    /classifier \(GPT2For/,
  ],
  ["a head", {}, [...BODY, "score.weight"], /no language model but a classifier\. Its head score\.weight/],
  [
    "both",
    { architectures: ["LlamaForTokenClassification"] },
    [...BODY, "classifier.weight"],
    /classifier\.weight/,
  ],
] as const)("tells a classifier by %s", (_, config, names, sentence) => {
  expect(classifierNote(config, names)).toMatch(sentence);
});

it.each([
  ["GPT-2", { architectures: ["GPT2LMHeadModel"] }, BODY],
  ["a base model", { architectures: ["GPT2Model"] }, BODY],
  [
    "one with both heads",
    { architectures: ["GPT2DoubleHeadsModel"] },
    [...BODY, "lm_head.weight", "score.weight"],
  ],
])("says nothing of %s", (_, config, names) => {
  expect(classifierNote(config, names)).toBeUndefined();
});
