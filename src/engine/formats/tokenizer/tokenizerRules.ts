/**
 * Rewrites pre-tokenizers and decoders that the library would read differently from the format's own
 * implementation, into ones that it reads the same, and refuses the rest by name.
 */
import { VitrineError } from "../../../protocol/errors";
import { isJsonObject, type Json } from "../bytes/json";

/** Every punctuation character by itself. */
const PUNCTUATION = "[\\p{P}\\u0021-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E]";

const refuse = (part: string, value: unknown): never => {
  const message = `tokenizer.json: ${part} ${JSON.stringify(value)} is not supported; type token ids instead.`;
  throw new VitrineError("Unsupported", message);
};

const splitBy = (regex: string): Json => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior: "Isolated",
  invert: false,
});

export function rewritePreTokenizer(config: unknown): Json | null {
  if (config === null || config === undefined) return null;
  if (!isJsonObject(config)) return refuse("pre_tokenizer", config);
  switch (config["type"]) {
    case "Sequence": {
      const parts = Array.isArray(config["pretokenizers"]) ? config["pretokenizers"] : [];
      return { ...config, pretokenizers: parts.map(rewritePreTokenizer).filter((part) => part !== null) };
    }
    case "Metaspace":
      return rewriteMetaspace(config);
    case "Split":
      return rewriteSplit(config);
    case "Punctuation":
      return (config["behavior"] ?? "Isolated") === "Isolated"
        ? splitBy(PUNCTUATION)
        : refuse("pre_tokenizer", config);
    default:
      return config;
  }
}

/** Newer files say `prepend_scheme` only, and every file splits before each "▁" unless it says otherwise. */
function rewriteMetaspace(config: Json): Json {
  const { replacement = "▁", prepend_scheme: scheme, add_prefix_space: prefix, split = true } = config;
  const metaspace = { ...config, replacement, add_prefix_space: addsPrefix(scheme, prefix) };
  if (split === false) return metaspace;
  if (typeof replacement !== "string" || [...replacement].length !== 1)
    return refuse("pre_tokenizer", config);
  const mark = `\\u{${(replacement.codePointAt(0) ?? 0).toString(16)}}`;
  return { type: "Sequence", pretokenizers: [metaspace, splitBy(`${mark}[^${mark}]*|[^${mark}]+`)] };
}

const addsPrefix = (scheme: unknown, prefix: unknown) =>
  scheme === undefined || scheme === null ? prefix !== false : scheme !== "never";

function rewriteSplit(config: Json): Json {
  const { pattern, behavior, invert } = config;
  if (!isJsonObject(pattern)) return refuse("pre_tokenizer", config);
  const { String: text, Regex: regex } = pattern;
  if (typeof text !== "string" && typeof regex !== "string") return refuse("pre_tokenizer", config);
  // Matches and what lies between them both stay, so it does not matter which is which.
  if (behavior === "Isolated") return { ...config, invert: false };
  if (behavior === "Removed" && invert === true) return config;
  if (behavior === "MergedWithPrevious" && typeof text === "string" && [...text].length === 1) {
    const mark = `\\u{${(text.codePointAt(0) ?? 0).toString(16)}}`;
    return splitBy(`[^${mark}]*${mark}|[^${mark}]+`);
  }
  return refuse("pre_tokenizer", config);
}

export function rewriteDecoder(config: unknown): Json | null {
  if (config === null || config === undefined) return null;
  if (!isJsonObject(config)) return refuse("decoder", config);
  const { type, decoders } = config;
  // The library tells added tokens only to the outermost decoder.
  if (type === "Sequence" && Array.isArray(decoders) && decoders.length === 1)
    return rewriteDecoder(decoders[0]);
  if (type === "Sequence" && Array.isArray(decoders))
    return { ...config, decoders: decoders.map(rewriteDecoder).filter((part) => part !== null) };
  if (type !== "Metaspace") return config;
  const { replacement = "▁", prepend_scheme: scheme, add_prefix_space: prefix } = config;
  return { ...config, replacement, add_prefix_space: addsPrefix(scheme, prefix) };
}
