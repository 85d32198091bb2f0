/**
 * Where a toy transformer's weights stand in its file (TransformerLens's names): matrices by their inputs, those of heads
 * [head, in, out]; or, in the layout of "Progress measures for grokking", by their outputs.
 */
import type { WeightSpec } from "../architecture";
import type { HookedConfig } from "./hookedConfig";
import { blockName } from "../weightMap";
import { valuesSpec } from "../specs";

export function hookedWeights(config: HookedConfig): WeightSpec[] {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp, dVocab, nCtx, norm, positions, byOutput } = config;
  const dVocabOut = config.dVocabOut ?? dVocab;
  const vector = (name: string, source: string, size: number, storedShape = [size]): WeightSpec => ({
    ...{ name, kind: "vector", sources: [source], shape: [size], storedShape },
  });
  const matrix = (name: string, source: string, out: number, inner: number): WeightSpec => ({
    ...{ name, kind: "matrix", sources: [source], shape: [out, inner], transposed: !byOutput },
  });
  const optional = (spec: WeightSpec): WeightSpec => ({ ...spec, optional: true });
  const without = norm.endsWith("Pre") ? dModel : 0;
  const [one, zero] = [new Float32Array(without).fill(1), new Float32Array(without)];
  /** Weights that the file has, or what leaves a norm without weights as it is. */
  const normSpecs = (to: string, from: string, kind: HookedConfig["norm"]): WeightSpec[] => {
    if (kind === "none") return [];
    if (kind === "LNPre") return [valuesSpec(`${to}.weight`, one), valuesSpec(`${to}.bias`, zero)];
    if (kind === "RMSPre") return [valuesSpec(`${to}.weight`, one)];
    const weight = vector(`${to}.weight`, `${from}.w`, dModel);
    return kind === "LN" ? [weight, vector(`${to}.bias`, `${from}.b`, dModel)] : [weight];
  };
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `blocks.${i}`];
    const heads = (name: "q" | "k" | "v"): WeightSpec[] => {
      // With fewer key-value heads their weights have an underscore before the name.
      const count = name === "q" ? nHeads : nKvHeads;
      const mark = count === nHeads ? "" : "_";
      const letter = name.toUpperCase();
      const source = `${from}.attn.${mark}`;
      return [
        {
          ...matrix(`${to}.${name}.weight`, `${source}W_${letter}`, count * dHead, dModel),
          ...(byOutput
            ? { storedShape: [count, dHead, dModel] }
            : {
                storedShape: [count, dModel, dHead],
                blocks: { of: count, take: Array.from({ length: count }, (_, head) => head) },
              }),
        },
        optional(vector(`${to}.${name}.bias`, `${source}b_${letter}`, count * dHead, [count, dHead])),
      ];
    };
    const mlp = [
      ...normSpecs(`${to}.ln2`, `${from}.ln2`, norm),
      ...(config.gatedMlp ? [matrix(`${to}.gate.weight`, `${from}.mlp.W_gate`, dMlp, dModel)] : []),
      matrix(`${to}.up.weight`, `${from}.mlp.W_in`, dMlp, dModel),
      optional(vector(`${to}.up.bias`, `${from}.mlp.b_in`, dMlp)),
      matrix(`${to}.down.weight`, `${from}.mlp.W_out`, dModel, dMlp),
      optional(vector(`${to}.down.bias`, `${from}.mlp.b_out`, dModel)),
    ];
    return [
      ...normSpecs(`${to}.ln1`, `${from}.ln1`, norm),
      ...heads("q"),
      ...heads("k"),
      ...heads("v"),
      {
        ...matrix(`${to}.o.weight`, `${from}.attn.W_O`, dModel, nHeads * dHead),
        ...(byOutput ? {} : { storedShape: [nHeads, dHead, dModel] }),
      },
      optional(vector(`${to}.o.bias`, `${from}.attn.b_O`, dModel)),
      ...(config.attnOnly ? [] : mlp),
    ];
  });
  const table = (name: string, source: string, rows: number): WeightSpec => ({
    ...{ name, kind: "matrix", sources: [source], shape: [rows, dModel] },
  });
  const learned = positions === "standard" || positions === "shortformer";
  return [
    { ...table("embed.weight", "embed.W_E", dVocab), transposed: byOutput },
    ...(learned ? [table("pos_embed.weight", "pos_embed.W_pos", nCtx)] : []),
    ...(positions === "rotary" ? [valuesSpec("frequencies", config.frequencies)] : []),
    ...blocks.flat(),
    ...normSpecs("ln_final", "ln_final", finalNorm(config)),
    // By their inputs in both layouts.
    { ...matrix("unembed.weight", "unembed.W_U", dVocabOut, dModel), transposed: true },
    optional(vector("unembed.bias", "unembed.b_U", dVocabOut)),
  ];
}

export function finalNorm({ norm, finalRms }: HookedConfig): HookedConfig["norm"] {
  if (!finalRms || norm === "none") return norm;
  return norm.endsWith("Pre") ? "RMSPre" : "RMS";
}
