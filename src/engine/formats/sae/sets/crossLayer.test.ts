/** Cross-layer transcoders from bytes to numbers worked out by hand, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../../protocol/errors";
import { readReference } from "../../../sae/readReference";
import { encode, reconstructLayers } from "../../../sae/reference";
import { fileFromBytes, type ByteFile, type FileSet } from "../../bytes/source";
import { findSaes, openSae } from "../findSaes";
import { DECODER, DECODER_BIAS, ENCODER, ENCODER_BIAS, matrix, vector, X, type Named } from "../sae.samples";
import { sortFiles } from "../sortFiles";

const CONFIG = `model_name: "openai-community/gpt2"
model_kind: cross_layer_transcoder
feature_input_hook: hook_resid_mid
feature_output_hook: hook_mlp_out
scan: owner/some-scan
`;
const LAYERS = 3;
const yaml = (text: string): ByteFile => fileFromBytes("clt/config.yaml", new TextEncoder().encode(text));

/** Eight bytes of length, names with their places in JSON, then the numbers: written here apart from the project's writer. */
function written(name: string, tensors: readonly Named[]): ByteFile {
  const places = new Map<string, object>();
  let end = 0;
  for (const { name: tensor, shape, values } of tensors) {
    const start = end;
    end += 4 * values.length;
    places.set(tensor, { dtype: "F32", shape, data_offsets: [start, end] });
  }
  const head = new TextEncoder().encode(JSON.stringify(Object.fromEntries(places)));
  const bytes = new Uint8Array(8 + head.length + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  tensors
    .flatMap(({ values }) => values)
    .forEach((value, i) => view.setFloat32(8 + head.length + 4 * i, value, true));
  return fileFromBytes(name, bytes);
}

/** What latents of layer i write to layer i + j: its decoder's rows times (j + 1), halved for every layer i. */
const rowsOf = (layer: number, j: number) =>
  DECODER.map((row) => row.map((value) => (value * (j + 1)) / 2 ** layer));
const decoderOf = (layer: number, layers = LAYERS): Named => ({
  ...{ name: `W_dec_${layer}`, shape: [DECODER.length, layers - layer, 3] },
  values: DECODER.flatMap((_, latent) =>
    Array.from({ length: layers - layer }, (__, j) => rowsOf(layer, j)[latent]!).flat(),
  ),
});
const encoderFile = (layer: number, ...more: readonly Named[]) =>
  written(`clt/W_enc_${layer}.safetensors`, [
    matrix(`W_enc_${layer}`, ENCODER),
    vector(`b_enc_${layer}`, ENCODER_BIAS),
    vector(`b_dec_${layer}`, DECODER_BIAS),
    ...more,
  ]);
const decoderFile = (layer: number, tensor = decoderOf(layer)) =>
  written(`clt/W_dec_${layer}.safetensors`, [tensor]);
const SET: FileSet = [
  yaml(CONFIG),
  ...Array.from({ length: LAYERS }, (_, layer) => [encoderFile(layer), decoderFile(layer)]).flat(),
];
const without = (...names: readonly string[]) => SET.filter(({ name }) => !names.includes(name.slice(4)));
const instead = (...files: readonly ByteFile[]): FileSet => [
  ...SET.filter(({ name }) => !files.some((file) => file.name === name)),
  ...files,
];
const refusals = async (files: FileSet) =>
  (await findSaes(files)).refused.map(({ error }) => error.message).join("\n");

describe("a cross-layer transcoder", () => {
  it("is one dictionary a layer, with the sites that it writes", async () => {
    const { saes, refused } = await findSaes(SET);
    expect(refused).toEqual([]);
    expect(saes.map(({ about }) => [about.name, about.siteIn, about.siteOut, about.writes])).toEqual(
      [0, 1, 2].map((layer) => [
        `clt/W_enc_${layer}.safetensors`,
        `blocks.${layer}.resid_mid`,
        `blocks.${layer}.mlp_out`,
        [0, 1, 2].slice(layer).map((written) => `blocks.${written}.mlp_out`),
      ]),
    );
    expect(saes[0]!.about).toMatchObject({
      ...{ layout: "circuit-tracer", activation: "relu", modelName: "openai-community/gpt2" },
      ...{ dIn: 3, dOut: 3, nLatents: 4, hasSkip: false, input: { scheme: "none" } },
    });
    expect(await sortFiles(SET)).toEqual({
      saes: [0, 1, 2].map((layer) => `clt/W_enc_${layer}.safetensors`),
      ...{ lenses: [], hasModel: false },
    });
  });

  it("writes, at each layer, what all layers up to it write", async () => {
    const files = await Promise.all((await findSaes(SET)).saes.map(openSae));
    const parts = await Promise.all(files.map(readReference));
    // Latents [1.25, 1, 5, 4.75] give [3.625, 4.375, 5] without the bias [0.25, −0.5, 1]; times 1; 2 + 1/2; 3 + 2/2 + 1/4.
    const own = [3.625, 4.375, 5];
    const scales = [1, 2.5, 4.25];
    const made = reconstructLayers(parts, [X, X, X]);
    scales.forEach((scale, layer) =>
      own.forEach((value, c) => expect(made[layer]![c]).toBeCloseTo(scale * value + DECODER_BIAS[c]!, 5)),
    );
  });

  it("has thresholds where the file has them, and a hash of both files", async () => {
    const files = instead(encoderFile(0, vector("threshold_0", [2, 0, 5, 1])));
    const [first] = (await findSaes(files)).saes;
    const opened = await openSae(first!);
    expect(opened.description.activation).toBe("jumprelu");
    expect(encode(await readReference(opened), X).latents).toEqual([0, 1, 0, 4.75]);
    const other = instead(
      decoderFile(0, { ...decoderOf(0), values: decoderOf(0).values.map((value) => -value) }),
    );
    const hash = async (set: FileSet) => (await openSae((await findSaes(set)).saes[0]!)).description.sha256;
    expect(await hash(other)).not.toBe(await hash(SET));
  });

  it.each<[string, FileSet, string]>([
    ["no config", without("config.yaml"), "config.yaml not found beside clt/W_enc_0.safetensors"],
    [
      "no decoder",
      without("W_dec_1.safetensors"),
      "W_dec_1.safetensors not found beside clt/W_enc_1.safetensors, which holds the encoder of layer 1 alone",
    ],
    [
      "no encoder",
      without("W_enc_1.safetensors"),
      "W_enc_1.safetensors not found beside clt/W_dec_1.safetensors, which holds the decoder of layer 1 alone",
    ],
    [
      "a gap",
      without("W_enc_2.safetensors", "W_dec_2.safetensors"),
      "W_enc_2.safetensors not found beside clt/W_enc_0.safetensors, whose W_dec_0 makes it one of 3 layers",
    ],
    [
      "a layer too many",
      instead(encoderFile(3), decoderFile(3, decoderOf(3, 4))),
      "clt/W_enc_0.safetensors: lies beside W_enc_3.safetensors, but its W_dec_0 makes it one of 3 layers",
    ],
    [
      "a decoder of one layer",
      instead(decoderFile(0, matrix("W_dec_0", DECODER))),
      "clt/W_dec_0.safetensors: tensor W_dec_0 has shape [4, 3], expected [latents, layers, width]",
    ],
    [
      "too many layers",
      instead(
        decoderFile(0, { name: "W_dec_0", shape: [4, 300, 1], values: new Array<number>(1200).fill(1) }),
      ),
      "tensor W_dec_0 has shape [4, 300, 1], expected [latents, layers, width] of at most 256 layers",
    ],
    [
      "other latents",
      instead(decoderFile(2, { name: "W_dec_2", shape: [5, 1, 3], values: new Array<number>(15).fill(1) })),
      "tensor W_dec_2 has shape [5, 1, 3], expected [4, 1, 3]",
    ],
    [
      "another width",
      instead(decoderFile(2, { name: "W_dec_2", shape: [4, 1, 2], values: new Array<number>(8).fill(1) })),
      "tensor b_dec_2 has shape [3], expected [2]",
    ],
    [
      "another layer's decoder",
      instead(decoderFile(1, decoderOf(2))),
      "clt/W_dec_1.safetensors: tensor W_dec_1 is missing",
    ],
    [
      "another kind",
      instead(yaml(CONFIG.replace("cross_layer_transcoder", "transcoder_set"))),
      'model_kind is "transcoder_set", but the file beside it is one layer of a cross_layer_transcoder',
    ],
    [
      "a skip path",
      instead(
        encoderFile(
          0,
          matrix("W_skip_0", [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ]),
        ),
      ),
      "has no tensor W_skip_0",
    ],
    [
      "an unknown hook",
      instead(yaml(CONFIG.replace("hook_resid_mid", "hook_x"))),
      'feature_input_hook is "hook_x"',
    ],
    [
      "Gemma Scope 2's layout",
      [
        written("clt/params_layer_0.safetensors", [
          matrix("w_enc", ENCODER),
          { name: "w_dec", shape: [3, 2, 4], values: new Array<number>(24).fill(1) },
        ]),
      ],
      "w_dec has shape [3, 2, 4], a part of a cross-layer transcoder of Gemma Scope 2",
    ],
  ])("is refused with %s", async (_, files, message) => {
    expect(await refusals(files)).toContain(message);
  });

  it("never crashes on changed bytes and shapes", async () => {
    const sizes = await Promise.all(SET.map(async (file) => file.slice(0, file.size)));
    await fc.assert(
      fc.asyncProperty(fc.nat(SET.length - 1), fc.nat(4096), fc.nat(255), async (which, at, value) => {
        const bytes = sizes[which]!.slice();
        bytes[at % bytes.length] = value;
        const { saes, refused } = await findSaes(instead(fileFromBytes(SET[which]!.name, bytes)));
        for (const sae of saes) await readReference(await openSae(sae));
        for (const { error } of refused) {
          expect(
            VITRINE_ERROR_NAMES.some((name) => name === error.name),
            String(error),
          ).toBe(true);
          expect(error.message.length).toBeLessThan(2000);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
