/** Text to tokens and back. */
import type { ModelSlot } from "../../protocol/analysis";
import type { EngineApi } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import { describeIds } from "../open/openModel";
import { chainTokens } from "./chainTokens";
import type { EngineParts } from "./engineParts";
import { tokenizerIn } from "./textCodec";

type TokenCall =
  "tokenize" | "detokenize" | "describeTokens" | "tokenizeInside" | "tokenizeChain" | "chatPrompt";

export function tokenCalls({ models }: EngineParts): Pick<EngineApi, TokenCall> {
  const tokenizer = (slot?: ModelSlot) => tokenizerIn(models.in(slot));
  return {
    async tokenize(text, addBos, slot) {
      const found = tokenizer(slot);
      return found.describe(found.encode(text, { addBos: addBos ?? found.bosByDefault }));
    },
    detokenize: async (ids, before) => tokenizer().decode(ids, before),
    describeTokens: async (ids, slot) => describeIds(models.in(slot).tokenizer, ids),
    async tokenizeInside(text, slot) {
      const found = tokenizer(slot);
      const ids = found.encodeInside(text);
      // Described after a token, so that no space is taken off.
      return found.describe(ids, ids[0]);
    },
    tokenizeChain: async (chain, addBos, slot) => chainTokens(tokenizer(slot), chain, addBos),
    async chatPrompt(message) {
      const { chat } = tokenizer();
      if (chat) return chat(message);
      throw new VitrineError("Unsupported", "This model has no chat template; write the prompt out instead.");
    },
  };
}
