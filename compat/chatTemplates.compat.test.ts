/** Published chat templates: every text as Python's jinja2 renders it, and an error where it gives one. */
import { describe, expect, it } from "vitest";
import { renderChatTemplate } from "../src/engine/formats/tokenizer/chatTemplate/chatTemplate";
import { compatJson, isMissing } from "./folder";

interface Case {
  readonly expected?: string;
  readonly [name: string]: unknown;
}

/** Special tokens, which the cases leave out. */
const TOKENS: Readonly<Record<string, object>> = {
  llama2: { bos_token: "<s>", eos_token: "</s>" },
  llama3: { bos_token: "<|begin_of_text|>", eos_token: "<|eot_id|>" },
  gemma: { bos_token: "<bos>", eos_token: "<eos>" },
  phi3: { bos_token: "<s>", eos_token: "<|endoftext|>" },
};

interface Family {
  readonly template: string;
  readonly cases: readonly Case[];
}

const PATH = "tokenizers/chat_template_cases.json";

describe.skipIf(isMissing(PATH))("published chat templates", () => {
  const families = isMissing(PATH) ? {} : compatJson<Record<string, Family>>(PATH);
  const cases = Object.entries(families).flatMap(([name, { template, cases: all }]) =>
    all.map((one, i) => ({ name: `${name} ${i}`, template, one, tokens: TOKENS[name] ?? {} })),
  );

  it("are six families", () => expect(Object.keys(families)).toHaveLength(6));

  it.each(cases)("$name", ({ template, tokens, one: { expected, reasoning_effort: effort, ...given } }) => {
    // "off" is how the cases say that the model does not think first.
    const thinking = effort === undefined ? {} : { enable_thinking: effort !== "off" };
    const render = () => renderChatTemplate(template, { ...tokens, ...thinking, ...given });
    if (typeof expected === "string") expect(render()).toBe(expected);
    else expect(render).toThrow();
  });
});
