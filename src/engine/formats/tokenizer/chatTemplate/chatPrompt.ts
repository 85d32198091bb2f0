/** A message of the user in a model's own chat template, up to where the model's answer begins. */
import { VitrineError } from "../../../../protocol/errors";
import { tokenText, type BosRule } from "../bosRule";
import { isJsonObject, type Json } from "../../bytes/json";

export interface ChatPrompt {
  readonly text: string;
  /** Whether BOS still has to come before it: a template may have written it. */
  readonly addBos: boolean;
}

/** Undefined if the model has no template; `spelling`: a token's text in the vocabulary. */
export function chatPrompter(
  tokenizerConfig: Json,
  rule: BosRule,
  spelling: (id: number) => string | undefined,
): ((message: string) => Promise<ChatPrompt>) | undefined {
  const { chat_template: template } = tokenizerConfig;
  if (typeof template !== "string" && !Array.isArray(template)) return undefined;
  const given = {
    ...spelledRule(rule, spelling),
    ...namedTokens(tokenizerConfig),
    // Given without a value, as Hugging Face does: templates ask whether they are none.
    ...{ tools: null, documents: null, add_generation_prompt: true },
  };
  const bos = rule.bosId === undefined ? undefined : spelling(rule.bosId);
  return async (message) => {
    try {
      const { renderChatTemplate } = await import("./chatTemplate");
      const messages = [{ role: "user", content: message }];
      const text = renderChatTemplate(templateText(template), { ...given, messages });
      return { text, addBos: rule.bosByDefault && !(bos !== undefined && text.startsWith(bos)) };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new VitrineError(
        "Unsupported",
        `This model's chat template cannot be used (${reason}); write the prompt out instead.`,
        { cause },
      );
    }
  };
}

/** One template, or the one of several that is for plain talk. */
function templateText(template: unknown): string {
  const named = Array.isArray(template) ? template.filter(isJsonObject) : [];
  const chosen = named.length === 1 ? named[0] : named.find(({ name }) => name === "default");
  const text = typeof template === "string" ? template : chosen?.["template"];
  if (typeof text === "string") return text;
  const names = named.map(({ name }) => String(name)).join(", ");
  throw new Error(`there are ${named.length} templates (${names}) and none is called default`);
}

/** What the rule says where tokenizer_config.json has nothing. */
function spelledRule(
  { bosId, eosId }: BosRule,
  spelling: (id: number) => string | undefined,
): Record<string, string> {
  const entries = [["bos_token", bosId] as const, ["eos_token", eosId] as const];
  return Object.fromEntries(
    entries.flatMap(([name, id]) => {
      const text = id === undefined ? undefined : spelling(id);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** "unk_token", "pad_token" and the like; one that is null is undefined in a template. */
function namedTokens(config: Json): Record<string, string | undefined> {
  const named = Object.entries(config).filter(
    ([name]) => name.endsWith("_token") && !name.startsWith("add_"),
  );
  return Object.fromEntries(named.map(([name, value]) => [name, tokenText(value)]));
}
