/** Damaged llama2.c files: each opens or is refused by a named error, soon. A matter of the seed alone. */
import { describe, expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../protocol/errors";
import { sampleModel, sampleVocabulary, TINY, TOKENS } from "./llama2c.samples";
import { openModelFiles } from "../modelFiles";
import { fileFromBytes, type FileSet } from "../bytes/source";
import { readRows } from "../tensorReader";
import { createTokenizer } from "../tokenizer/tokenizer";
import { randomBelow, type RandomBelow } from "../../../random/lcg";

const MUTATIONS = 6000;
/** Far above what any of them takes, far below a hang. */
const MOST_MS = 2000;
const WILD = [-1, 0, 1, 2, 3, 7, 64, 0x7fff, 0x10000, 0x7fffffff, -0x80000000];

/** Damage within the first `reach` bytes. */
function mutated(
  source: Uint8Array<ArrayBuffer>,
  reach: number,
  below: RandomBelow,
): Uint8Array<ArrayBuffer> {
  const kind = below(8);
  if (kind === 0) return source.slice(0, below(source.length));
  const bytes = source.slice();
  const view = new DataView(bytes.buffer);
  for (let i = 0; i <= below(2); i++) {
    const at = below(reach);
    if (kind < 3) bytes[at]! ^= 1 << below(8);
    else if (kind === 3) bytes[at] = below(256);
    else view.setInt32(at & ~3, WILD[below(WILD.length)]!, true);
  }
  return bytes;
}

async function survive(what: string, seed: number, make: (below: RandomBelow, i: number) => FileSet) {
  const below = randomBelow(seed);
  const refusals = new Set<string>();
  let [opened, slowest] = [0, 0];
  for (let i = 0; i < MUTATIONS; i++) {
    const files = make(below, i);
    const started = performance.now();
    try {
      const model = await openModelFiles(files);
      for (const tensor of model.tensors.values()) for await (const { data } of readRows(tensor)) void data;
      if (model.tokenizerJson) {
        const tokenizer = createTokenizer(model.tokenizerJson, model.tokenizerConfig, model.config);
        tokenizer.decode(tokenizer.encode("the thé", { addBos: false }));
      }
      opened++;
    } catch (error) {
      const { name, message } = error as Error;
      if (!(VITRINE_ERROR_NAMES as readonly string[]).includes(name))
        throw new Error(`${what} ${i}: ${name}: ${message}`, { cause: error });
      expect(message.length, message).toBeLessThan(1000);
      refusals.add(message.replace(/\d+/g, "#").slice(0, 60));
    }
    slowest = Math.max(slowest, performance.now() - started);
  }
  console.log(
    `${what}: ${opened} of ${MUTATIONS} opened, ${refusals.size} different refusals, slowest ${slowest.toFixed(0)} ms`,
  );
  expect(slowest).toBeLessThan(MOST_MS);
  // Neither everything nor nothing: the damage is of the right size.
  expect(opened).toBeGreaterThan(MUTATIONS / 50);
  expect(opened).toBeLessThan(MUTATIONS);
}

describe("damaged llama2.c files", () => {
  it(`${MUTATIONS} checkpoints`, async () => {
    const sources = [
      { bytes: sampleModel(TINY), reach: 32 },
      { bytes: sampleModel({ sizes: [4, 6, 2, 2, 1, -5, 3] }), reach: 32 },
      { bytes: sampleModel({ ...TINY, version: 1 }), reach: 48 },
    ];
    await survive("checkpoints", 40, (below, i) => {
      const { bytes, reach } = sources[i % sources.length]!;
      return [fileFromBytes("m.bin", mutated(bytes, reach, below))];
    });
  });

  it(`${MUTATIONS} tokenizers`, async () => {
    const model = fileFromBytes("m.bin", sampleModel({ sizes: [4, 6, 1, 2, 2, TOKENS.length, 3] }));
    const whole = sampleVocabulary();
    const short = sampleVocabulary([...TOKENS.slice(0, 3), ...TOKENS.slice(-7)]);
    await survive("tokenizers", 41, (below, i) => {
      const bytes = i % 2 ? whole : short;
      return [model, fileFromBytes("t.bin", mutated(bytes, bytes.length - 4, below))];
    });
  });
});
