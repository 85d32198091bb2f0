/**
 * The tokenizer inside a GGUF file (`tokenizer.ggml.*`, docs/gguf.md) as the tokenizer.json and
 * tokenizer_config.json that `tokenizer.ts` reads. Kinds: "gpt2" (byte-level BPE), "llama" (SentencePiece BPE),
 * "t5" (SentencePiece Unigram).
 */
import { VitrineError } from "../../../protocol/errors";
import type { GgufMetadata } from "./gguf";
import type { GgufValue } from "./ggufCursor";
import type { Json } from "../bytes/json";
import { preTokenizerOf } from "../tokenizer/preTokenizers";
import { mergesOfScores } from "../tokenizer/sentencePieceMerges";

export interface GgufTokenizer {
  readonly tokenizerJson?: Json;
  readonly tokenizerConfig?: Json;
  readonly notes: readonly string[];
}

/** Numbers of `tokenizer.ggml.token_type`. */
const [NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE] = [1, 2, 3, 4, 6];
const SPACE = "▁";

/** What a file says about its tokens; lists are as long as `tokens`. */
interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly scores?: readonly number[];
  readonly merges: readonly string[];
  /** The id of "bos", "eos" or "unknown". */
  id(kind: string): number | undefined;
  flag(name: string): boolean | undefined;
  raw(name: string): GgufValue | undefined;
}

/** The parts of a tokenizer.json that differ from kind to kind. */
interface Kind {
  readonly json: Json;
  readonly addBos: boolean;
  readonly notes: readonly string[];
}

const KINDS: Readonly<Record<string, (vocabulary: Vocabulary, architecture: unknown) => Kind>> = {
  gpt2: byteLevel,
  llama: sentencePiece,
  t5: unigram,
};

export function ggufTokenizer(fileName: string, metadata: GgufMetadata): GgufTokenizer {
  const model = metadata.get("tokenizer.ggml.model");
  const kind = typeof model === "string" && Object.hasOwn(KINDS, model) ? KINDS[model] : undefined;
  if (kind === undefined || !metadata.has("tokenizer.ggml.tokens")) {
    const shown = model === undefined ? "none" : JSON.stringify(model);
    return { notes: [`The file's tokenizer is ${shown}, which is not known: token ids only.`] };
  }
  const vocabulary = readVocabulary(fileName, metadata);
  const { json, addBos, notes } = kind(vocabulary, metadata.get("general.architecture"));
  return {
    tokenizerJson: { added_tokens: addedTokens(vocabulary), post_processor: null, ...json },
    tokenizerConfig: config(vocabulary, addBos, metadata.get("tokenizer.chat_template")),
    notes,
  };
}

function readVocabulary(fileName: string, metadata: GgufMetadata): Vocabulary {
  const raw = (name: string) => metadata.get(`tokenizer.ggml.${name}`);

  function list<T extends string | number>(name: string, type: string, length?: number): T[] | undefined {
    const value = raw(name);
    if (value === undefined) return undefined;
    const isList = Array.isArray(value) && value.every((item) => typeof item === type);
    if (isList && (length ?? value.length) === value.length) return value as unknown as T[];
    const expected = length === undefined ? `${type}s` : `${length} ${type}s, one for each token`;
    throw new VitrineError(
      "BadFile",
      `${fileName}: tokenizer.ggml.${name} is not a list of ${expected}; convert the model again.`,
    );
  }

  const tokens = list<string>("tokens", "string") ?? [];
  const types = list<number>("token_type", "number", tokens.length);
  const scores = list<number>("scores", "number", tokens.length);
  return {
    tokens,
    types: types ?? tokens.map(() => NORMAL),
    ...(scores && { scores }),
    merges: list<string>("merges", "string") ?? [],
    id(kind) {
      const id = raw(`${kind}_token_id`);
      return typeof id === "number" && id in tokens ? id : undefined;
    },
    flag(name) {
      const value = raw(name);
      return typeof value === "boolean" ? value : undefined;
    },
    raw,
  };
}

const ids = (tokens: readonly string[]): Json => Object.fromEntries(tokens.map((token, id) => [token, id]));

/** Control tokens are special; tokens that a user defined are found in the text as they stand, spaces and all. */
function addedTokens({ tokens, types }: Vocabulary): Json[] {
  return tokens.flatMap((token, id) => {
    const isSpecial = types[id] === CONTROL || types[id] === UNKNOWN;
    if (token === "" || (!isSpecial && types[id] !== USER_DEFINED)) return [];
    const content = isSpecial ? token : token.replaceAll(SPACE, " ");
    return [
      {
        id,
        content,
        special: isSpecial,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
      },
    ];
  });
}

function config(vocabulary: Vocabulary, addBos: boolean, template: GgufValue | undefined): Json {
  const { tokens, flag } = vocabulary;
  const named = ["bos", "eos", "unk"].flatMap((name) => {
    const id = name === "unk" ? unknownId(vocabulary) : vocabulary.id(name);
    return id === undefined ? [] : [[`${name}_token`, tokens[id]] as const];
  });
  return {
    ...Object.fromEntries(named),
    add_bos_token: flag("add_bos_token") ?? addBos,
    ...(typeof template === "string" && { chat_template: template }),
  };
}

/** -1 stands for none. */
function unknownId({ types, id }: Vocabulary): number | undefined {
  return id("unknown") ?? (types.includes(UNKNOWN) ? types.indexOf(UNKNOWN) : undefined);
}

function unknownToken(vocabulary: Vocabulary): string | null {
  return vocabulary.tokens[unknownId(vocabulary) ?? -1] ?? null;
}

function byteLevel({ tokens, merges, raw }: Vocabulary, architecture: unknown): Kind {
  const { preTokenizer, normalizer, ignoresMerges = false, note } = preTokenizerOf(raw("pre"), architecture);
  return {
    json: {
      normalizer: normalizer ?? null,
      pre_tokenizer: preTokenizer,
      decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
      model: { type: "BPE", unk_token: null, ignore_merges: ignoresMerges, vocab: ids(tokens), merges },
    },
    addBos: ignoresMerges,
    notes: note === undefined ? [] : [note],
  };
}

const replace = (from: string, to: string): Json => ({
  type: "Replace",
  pattern: { String: from },
  content: to,
});

function sentencePiece(vocabulary: Vocabulary): Kind {
  const { tokens, types, scores, flag } = vocabulary;
  const hasPrefix = flag("add_space_prefix") ?? true;
  const spaces = replace(" ", SPACE);
  const normal = types.map((type) => type === NORMAL);
  return {
    json: {
      normalizer: hasPrefix
        ? { type: "Sequence", normalizers: [{ type: "Prepend", prepend: SPACE }, spaces] }
        : spaces,
      pre_tokenizer: null,
      decoder: {
        type: "Sequence",
        decoders: [
          replace(SPACE, " "),
          { type: "ByteFallback" },
          { type: "Fuse" },
          ...(hasPrefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
        ],
      },
      model: {
        type: "BPE",
        unk_token: unknownToken(vocabulary),
        fuse_unk: true,
        byte_fallback: types.includes(BYTE),
        vocab: ids(tokens),
        merges: scores ? mergesOfScores(tokens, scores, normal) : [],
      },
    },
    addBos: true,
    notes: scores ? [] : ["tokenizer.ggml.scores is missing: no two tokens are ever merged."],
  };
}

function unigram(vocabulary: Vocabulary): Kind {
  const { tokens, scores = tokens.map(() => 0), flag, raw } = vocabulary;
  const prefix = flag("add_space_prefix") ?? true;
  const metaspace = { type: "Metaspace", replacement: SPACE, prepend_scheme: prefix ? "always" : "never" };
  const hasCharacterMap = raw("precompiled_charsmap") !== undefined;
  return {
    json: {
      normalizer: hasCharacterMap ? { type: "NFKC" } : null,
      pre_tokenizer: flag("remove_extra_whitespaces")
        ? { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] }
        : metaspace,
      decoder: metaspace,
      model: {
        type: "Unigram",
        unk_id: unknownId(vocabulary) ?? 0,
        vocab: tokens.map((token, id) => [token, scores[id] ?? 0]),
      },
    },
    addBos: false,
    notes: hasCharacterMap ? ["The tokenizer's own character map is replaced by Unicode's NFKC."] : [],
  };
}
