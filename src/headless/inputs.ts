/** What a command works on: tokens, and edits whose texts become tokens. */
import type { EngineApi } from "../protocol/api";
import type { Edit } from "../protocol/interventions";
import { readPairs } from "../client/edits/attentionPairs";
import { saeAt } from "./openEngine";
import { required, usage, type Options } from "./options";

/** Token ids from --tokens, or from --text with the model's own BOS rule. */
export async function inputTokens(engine: EngineApi, values: Options): Promise<number[]> {
  if (values.tokens !== undefined) {
    return values.tokens.split(",").map((part) => {
      const id = Number(part.trim());
      return part.trim() !== "" && Number.isInteger(id) && id >= 0
        ? id
        : usage(`--tokens has ${part}, expected token ids`);
    });
  }
  const chain = await engine.tokenizeChain({
    prompt: required(values, "text"),
    steps: [],
    answerPrefix: "",
    answer: "",
  });
  return [...chain.prompt];
}

/** The edits of --edits: texts inside them become tokens. */
export async function inputEdits(engine: EngineApi, values: Options): Promise<Edit[]> {
  const given: unknown = JSON.parse(values.edits ?? "[]");
  if (!Array.isArray(given)) return usage("--edits must be a JSON list");
  const edits = (await withTokens(engine, given)) as Record<string, unknown>[];
  return Promise.all(
    edits.map(async (edit, i) => {
      const isPlace = edit["kind"] === "latent" && typeof edit["sae"] !== "object";
      const sae = isPlace ? { sae: await saeAt(engine, edit["sae"]) } : {};
      return { id: `e${i}`, on: true, strength: 1, ...edit, ...sae, ...pairsOf(edit) } as unknown as Edit;
    }),
  );
}

/** Pairs of masks and scores may come as text: rules, or (for a mask) a matrix, which says what is seen. */
function pairsOf(edit: Record<string, unknown>): object {
  const { kind, pairs, op, empty } = edit;
  if (kind !== "mask" && kind !== "score") return {};
  const read = typeof pairs === "string" ? readPairs(pairs) : undefined;
  if (read && "wrong" in read) return usage(`--edits: ${read.wrong}`);
  if (!read && !Array.isArray(pairs))
    return usage('--edits: a mask or a score needs “pairs”, such as "3 <- 0..2"');
  const usual = kind === "score" ? "set" : read?.isMatrix ? "only" : "hide";
  if (read?.isMatrix && (op ?? usual) !== "only")
    return usage("--edits: a matrix needs the op “only” of a mask");
  return {
    ...(read && { pairs: read.pairs }),
    op: op ?? usual,
    ...(kind === "mask" && { empty: empty ?? "zeros" }),
  };
}

/** The same with every prompt inside it as `{ text, tokens }`; those that come as text are tokenized. */
export async function withTokens(engine: EngineApi, value: unknown, key = ""): Promise<unknown> {
  const isPrompt = ["from", "plus", "minus", "prompts", "positive", "negative"].includes(key);
  if (typeof value === "string" && isPrompt) {
    return { text: value, tokens: (await engine.tokenize(value, undefined)).map(({ id }) => id) };
  }
  if (Array.isArray(value)) {
    // Token ids in a prompt's place.
    const isTokens = isPrompt && key !== "prompts" && value.every((id) => typeof id === "number");
    if (isTokens) return { text: "", tokens: value };
    return Promise.all(value.map((item: unknown) => withTokens(engine, item, key)));
  }
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(
    async ([name, item]) => [name, await withTokens(engine, item, name)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
