/**
 * The closer look at a good model of others, as it is on text that it was not trained on, and broken in the ways in which
 * conversions break models.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { lookCloser } from "../src/engine/check/closerLook";
import { checkHealth, sampleTokens } from "../src/engine/check/healthCheck";
import { createCpuDevice } from "../src/engine/device/cpu";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import type { ModelFiles } from "../src/engine/formats/storedModel";
import { fileFromBytes } from "../src/engine/formats/bytes/source";
import { filesFromFolder } from "../src/engine/formats/bytes/sourceNode";
import { readRows } from "../src/engine/formats/tensorReader";
import { createTokenizer, type Tokenizer } from "../src/engine/formats/tokenizer/tokenizer";
import { loadModel } from "../src/engine/models/loading/loadModel";
import { NEVER_CANCELLED } from "../src/protocol/cancel";
import { compatPath, isMissing } from "./folder";

const SONNET =
  "Shall I compare thee to a summer's day? Thou art more lovely and more temperate: rough winds do shake the darling buds of May.";
const HUNGARIAN =
  "Egyszer volt, hol nem volt, volt egyszer egy kis falu a hegyek kozott, ahol az emberek boldogan eltek.";
const CODE =
  "for (int i = 0; i < n; ++i) { sum += a[i] * b[n - i - 1]; } return sum % MOD; #include <vector>";

type Values = Float32Array<ArrayBuffer>;
type Change = (name: string, values: Values, shape: readonly number[]) => Values;

let files: ModelFiles;
let tokenizer: Tokenizer;
const plain = new Map<string, Values>();

/** Shuffled by a fixed linear congruence. */
function shuffled(values: Values): Values {
  const order = values.slice();
  let state = values.length;
  for (let i = order.length - 1; i > 0; i--) {
    state = (state * 1664525 + 1013904223) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

const transposed = (values: Values, rows: number, cols: number): Values =>
  Float32Array.from(values, (_, at) => values[(at % rows) * cols + Math.floor(at / rows)]!);

const isMatrix = (shape: readonly number[]) => shape.length === 2;

async function modelWith(change: Change) {
  const tensors = new Map(
    [...files.tensors].map(([name, stored]) => {
      const bytes = new Uint8Array(change(name, plain.get(name)!, stored.entry.shape).slice().buffer);
      const entry = { ...stored.entry, start: 0, end: bytes.length };
      return [name, { file: fileFromBytes(name, bytes), entry }];
    }),
  );
  return (await loadModel(await createCpuDevice(), { ...files, tensors }, "f32", NEVER_CANCELLED)).model;
}

const renamed =
  (rename: (name: string) => string): Change =>
  (name, values) =>
    plain.get(rename(name)) ?? values;

const sampleOf = (...texts: string[]) => ({
  isEnglish: true,
  rows: texts.map((text) => tokenizer.encode(text, { addBos: true }).slice(0, 48)),
});

describe.skipIf(isMissing("stories260K"))("health of stories260K", () => {
  beforeAll(async () => {
    const folder = await filesFromFolder(compatPath("stories260K"));
    files = await openModelFiles(
      folder.filter(({ name }) => !name.endsWith(".bin") || name === "tok512.bin"),
    );
    tokenizer = createTokenizer(files.tokenizerJson!, files.tokenizerConfig, files.config);
    for (const [name, stored] of files.tensors) {
      const rows: number[] = [];
      for await (const { data } of readRows(stored)) rows.push(...data);
      plain.set(name, Float32Array.from(rows));
    }
  });

  it("finds nothing wrong with it as it is, at load", async () => {
    const model = await modelWith((_, values) => values);
    const health = await checkHealth(model, sampleTokens(model.config, tokenizer));
    expect(health).toEqual({ nats: expect.closeTo(0.2, 1) });
  });

  it.each([
    ["a sonnet", SONNET],
    ["Hungarian", HUNGARIAN],
  ])("finds nothing wrong with it on %s, which it reads badly", async (_, text) => {
    const model = await modelWith((_name, values) => values);
    const sample = sampleOf(text);
    expect((await checkHealth(model, sample)).isDoubtful).toBe(true);
    expect(await lookCloser(model, sample, NEVER_CANCELLED)).toBeUndefined();
  });

  it("finds nothing wrong with it on code beside a sonnet", async () => {
    const model = await modelWith((_, values) => values);
    expect(await lookCloser(model, sampleOf(CODE, SONNET), NEVER_CANCELLED)).toBeUndefined();
  });

  const broken: readonly (readonly [string, RegExp, Change])[] = [
    ["weights shuffled", /nothing to do/, (_, values) => shuffled(values)],
    [
      "matrices of the layers shuffled",
      /nothing to do/,
      (name, values, shape) => (isMatrix(shape) && /layers/.test(name) ? shuffled(values) : values),
    ],
    [
      "MLPs read in the transposed layout",
      /nothing to do|without its MLPs/,
      (name, values, [rows = 1, cols = 1]) => (/mlp/.test(name) ? transposed(values, cols, rows) : values),
    ],
    [
      "query and output projections transposed",
      /better without its attention, by \d\.\d\d nats/,
      (name, values, [rows = 1, cols = 1]) =>
        /[qo]_proj/.test(name) ? transposed(values, rows, cols) : values,
    ],
    [
      "layers in reverse",
      /nothing to do/,
      renamed((name) => name.replace(/layers\.(\d)/, (_, layer) => `layers.${4 - Number(layer)}`)),
    ],
    [
      "keys for values",
      /nothing to do/,
      renamed((name) => name.replace(/\b([kv])_proj/, (_, one) => `${one === "k" ? "v" : "k"}_proj`)),
    ],
    [
      "weights that were never trained",
      /looks like noise: its own greedy text/,
      (_, values, shape) =>
        isMatrix(shape) ? shuffled(values).map((value) => 0.02 * Math.tanh(value)) : values.fill(1),
    ],
  ];
  it.each(broken)("names %s", async (_, words, change) => {
    const model = await modelWith(change);
    const sample = sampleTokens(model.config, tokenizer);
    expect(await checkHealth(model, sample)).toMatchObject({ isDoubtful: true });
    expect(await lookCloser(model, sample, NEVER_CANCELLED)).toMatch(words);
  });

  it("names a tokenizer of another model", async () => {
    const model = await modelWith((_, values) => values);
    const { rows } = sampleTokens(model.config, tokenizer);
    // Every token but the first three under another number.
    const other = (id: number) => (id < 3 ? id : 3 + ((id * 211) % 509));
    const sample = { isEnglish: true, rows: rows.map((tokens) => tokens.map(other)) };
    expect(await lookCloser(model, sample, NEVER_CANCELLED)).toMatch(/nothing to do.*belong together/);
  });
});
