/** Damaged GGUF files: each opens or is refused by a named error, soon. Which ones is a matter of the seed alone. */
import { expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../protocol/errors";
import { tinyGguf } from "./gguf.samples";
import { openModelFiles } from "../modelFiles";
import { fileFromBytes } from "../bytes/source";
import { readRows } from "../tensorReader";
import { createTokenizer } from "../tokenizer/tokenizer";
import { randomBelow, type RandomBelow } from "../../../random/lcg";

const MUTATIONS = 6000;
/** Far above what any of them takes, far below a hang. */
const MOST_MS = 2000;

const tokenizer = {
  "tokenizer.ggml.model": "llama",
  "tokenizer.ggml.tokens": ["<unk>", "<s>", "▁a", "▁", "a"],
  "tokenizer.ggml.scores": [0, 0, -1, -2, -3],
  "tokenizer.ggml.token_type": [2, 3, 1, 1, 1],
  "tokenizer.ggml.bos_token_id": 1,
  "tokenizer.ggml.add_space_prefix": true,
  "general.alignment": 32,
};
const FILES = [
  tinyGguf("llama", { ...tokenizer, "llama.attention.head_count_kv": [1, 1] }),
  tinyGguf("gptneox", {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["a", "b", "ab"],
    "tokenizer.ggml.merges": ["a b"],
  }),
  tinyGguf("phi2"),
];

/** Damage is done where the structure is. */
const HEADER_BYTES = 2200;

const WILD = [0n, 1n, 0xffn, 0x7fffffffn, 0xffffffffn, 2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

function mutated(source: Uint8Array<ArrayBuffer>, below: RandomBelow): Uint8Array<ArrayBuffer> {
  const kind = below(8);
  if (kind === 0) return source.slice(0, below(source.length));
  const bytes = source.slice();
  const view = new DataView(bytes.buffer);
  for (let i = 0; i <= below(3); i++) {
    const at = below(HEADER_BYTES);
    if (kind < 4) bytes[at]! ^= 1 << below(8);
    else if (kind === 4) bytes[at] = below(256);
    else if (kind === 5) view.setUint32(at, Number(WILD[below(5)]), true);
    else if (kind === 6) view.setBigUint64(at, WILD[below(WILD.length)]!, true);
    else bytes.copyWithin(at, below(HEADER_BYTES), below(HEADER_BYTES));
  }
  return bytes;
}

it("opens the undamaged ones", async () => {
  for (const bytes of FILES) {
    const { tensors } = await openModelFiles([fileFromBytes("m.gguf", bytes)]);
    const headerBytes = Math.min(...[...tensors.values()].map(({ entry }) => entry.start));
    expect(Math.abs(headerBytes / HEADER_BYTES - 1)).toBeLessThan(0.3);
  }
});

it(`survives ${MUTATIONS} damaged files`, async () => {
  const below = randomBelow(20);
  let opened = 0;
  let slowest = 0;
  const refusals = new Set<string>();
  for (let i = 0; i < MUTATIONS; i++) {
    const bytes = mutated(FILES[i % FILES.length]!, below);
    const started = performance.now();
    try {
      const model = await openModelFiles([fileFromBytes("m.gguf", bytes)]);
      for (const tensor of model.tensors.values()) for await (const slice of readRows(tensor)) void slice;
      if (model.tokenizerJson) createTokenizer(model.tokenizerJson, model.tokenizerConfig, model.config);
      opened++;
    } catch (error) {
      const { name, message } = error as Error;
      if (!(VITRINE_ERROR_NAMES as readonly string[]).includes(name))
        throw new Error(`mutation ${i}: ${name}: ${message}`, { cause: error });
      expect(message.length, message).toBeLessThan(3000);
      refusals.add(message.replace(/\d+/g, "#").slice(0, 60));
    }
    slowest = Math.max(slowest, performance.now() - started);
  }
  console.log(
    `${opened} of ${MUTATIONS} opened, ${refusals.size} different refusals, slowest ${slowest.toFixed(0)} ms`,
  );
  expect(slowest).toBeLessThan(MOST_MS);
  // Neither everything nor nothing: the damage is of the right size.
  expect(opened).toBeGreaterThan(MUTATIONS / 20);
  expect(refusals.size).toBeGreaterThan(50);
});
