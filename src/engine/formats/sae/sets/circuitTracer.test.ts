/** Sets of transcoders, one file a layer: every variant from bytes to numbers worked out by hand, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../../protocol/errors";
import { decode, encode } from "../../../sae/reference";
import { readReference } from "../../../sae/readReference";
import { fileFromBytes, type ByteFile, type FileSet } from "../../bytes/source";
import { findSaes, openSae } from "../findSaes";
import { sortFiles } from "../sortFiles";
import {
  DECODER,
  DECODER_BIAS,
  ENCODER,
  ENCODER_BIAS,
  matrix,
  safetensors,
  scalar,
  SKIP,
  vector,
  X,
  type Named,
} from "../sae.samples";

const CONFIG = `# a set of transcoders
model_name: "meta-llama/Llama-3.2-1B"   # on the Hub
model_kind: transcoder_set
feature_input_hook: mlp.hook_in
feature_output_hook: 'mlp.hook_out'
scan:
  - owner/some-scan
`;
const WEIGHTS: readonly Named[] = [
  matrix("W_enc", ENCODER),
  vector("b_enc", ENCODER_BIAS),
  matrix("W_dec", DECODER),
  vector("b_dec", DECODER_BIAS),
];
const yaml = (text: string): ByteFile => fileFromBytes("set/config.yaml", new TextEncoder().encode(text));
const layer = (i: number, ...more: readonly Named[]) =>
  safetensors(`set/layer_${i}.safetensors`, [...WEIGHTS, ...more]);
const setOf = (config: string, ...more: readonly Named[]): FileSet => [yaml(config), layer(0, ...more)];

async function run(files: FileSet) {
  const { saes, refused } = await findSaes(files);
  if (refused[0]) throw refused[0].error;
  const file = await openSae(saes[0]!);
  const sae = await readReference(file);
  const code = encode(sae, X);
  return { ...file, latents: code.latents, y: decode(sae, code, { x: X }) };
}
const refusal = async (files: FileSet) => (await findSaes(files)).refused[0]!.error.message;

describe("a set of transcoders", () => {
  it("is one transcoder a layer, in order, each with its own sites", async () => {
    const files = [yaml(CONFIG), ...[10, 2, 0].map((i) => layer(i))];
    const { saes, refused } = await findSaes(files);
    expect(refused).toEqual([]);
    expect(saes.map(({ about }) => [about.name, about.siteIn, about.siteOut])).toEqual(
      [0, 2, 10].map((i) => [
        `set/layer_${i}.safetensors`,
        `blocks.${i}.ln2.normalized`,
        `blocks.${i}.mlp_out`,
      ]),
    );
    expect(saes[0]!.about).toMatchObject({
      ...{ layout: "circuit-tracer", activation: "relu", modelName: "meta-llama/Llama-3.2-1B" },
      ...{ dIn: 3, dOut: 3, nLatents: 4, hasSkip: false, input: { scheme: "none" } },
    });
    expect(await sortFiles(files)).toMatchObject({ hasModel: false });
  });

  // a = [1.25, 1, 5, 4.75]: the bias of the decoder is not taken off the input.
  it.each([
    ["ReLU", CONFIG, [], [1.25, 1, 5, 4.75], [3.875, 3.875, 6]],
    [
      "JumpReLU",
      CONFIG,
      [vector("activation_function.threshold", [2, 0, 5, 1])],
      [0, 1, 0, 4.75],
      [2.625, 3.875, 1],
    ],
    ["TopK, k in the config", `${CONFIG}activation: topk\nk: 1\n`, [], [0, 0, 5, 0], [0.25, -0.5, 6]],
    ["TopK, k in the file", `${CONFIG}activation: topk\n`, [scalar("k", 1)], [0, 0, 5, 0], [0.25, -0.5, 6]],
    ["a skip", CONFIG, [matrix("W_skip", SKIP)], [1.25, 1, 5, 4.75], [3.875 + 1.25, 3.875 + 3, 6 - 0.5]],
  ])("%s", async (_, config, more, latents, y) => {
    const found = await run(setOf(config, ...more));
    found.latents.forEach((value, i) => expect(value).toBeCloseTo(latents[i]!, 5));
    found.y.forEach((value, i) => expect(value).toBeCloseTo(y[i]!, 5));
  });

  it("notes what the hook of a norm leaves open", async () => {
    const found = await run(
      setOf(CONFIG.replace("mlp.hook_in", "ln2.hook_normalized").replace("'mlp.hook_out'", "hook_mlp_out")),
    );
    expect(found.notes.join(" ")).toContain("hook_normalized");
    expect(found.description).toMatchObject({
      siteIn: "blocks.0.ln2.normalized",
      siteOut: "blocks.0.mlp_out",
    });
  });

  it.each([
    ["no config", [layer(0)], "config.yaml not found beside set/layer_0.safetensors"],
    ["no hook", setOf("model_kind: transcoder_set\n"), "feature_input_hook is missing"],
    ["an unknown hook", setOf(CONFIG.replace("mlp.hook_in", "hook_x")), 'feature_input_hook is "hook_x"'],
    ["another kind", setOf(CONFIG.replace("transcoder_set", "cross_layer_transcoder")), "model_kind is"],
    ["TopK without k", setOf(`${CONFIG}activation: topk\n`), "k is missing"],
    ["too large a k", setOf(`${CONFIG}activation: topk\nk: 5\n`), "k is 5"],
    ["an unknown activation", setOf(`${CONFIG}activation: gelu\n`), 'activation is "gelu"'],
    [
      "thresholds with ReLU",
      setOf(`${CONFIG}activation: relu\n`, vector("activation_function.threshold", [0, 0, 0, 0])),
      'activation is "relu", but the file beside it has',
    ],
    ["a field twice", setOf(`${CONFIG}model_name: other\n`), "model_name stands there twice"],
    [
      "a norm behind the MLP",
      setOf(CONFIG.replace("meta-llama/Llama-3.2-1B", "google/gemma-2-2b")),
      "has a norm behind it",
    ],
  ])("is refused with %s", async (_, files, message) => {
    expect(await refusal(files)).toContain(message);
  });

  it("never crashes on other configs and changed bytes", async () => {
    const file = layer(0, matrix("W_skip", SKIP));
    const bytes = await file.slice(0, file.size);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ maxLength: 200 }), fc.constant(CONFIG)),
        fc.nat(bytes.length - 1),
        fc.nat(255),
        async (config, at, value) => {
          const changed = bytes.slice();
          changed[at] = value;
          const { refused } = await findSaes([yaml(config), fileFromBytes(file.name, changed)]);
          for (const { error } of refused)
            expect(
              VITRINE_ERROR_NAMES.some((name) => name === error.name),
              String(error),
            ).toBe(true);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});
