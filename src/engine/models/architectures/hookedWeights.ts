/**
 * Where a toy transformer's weights stand in its file (TransformerLens's names): matrices by their inputs, those of heads
 * [head, in, out]; or, in the layout of "Progress measures for grokking", by their outputs.
 */
import type { WeightSpec } from "../architecture";
import type { HookedConfig } from "./hookedConfig";
import { blockName } from "../weightMap";
import { valuesSpec } from "../specs";

export function hookedWeights(config: HookedConfig): WeightSpec[] {
  const { nLayers, dModel, dVocab, nCtx, positions, byOutput } = config;
  const dVocabOut = config.dVocabOut ?? dVocab;
  const table = (name: string, source: string, rows: number): WeightSpec => ({
    ...{ name, kind: "matrix", sources: [source], shape: [rows, dModel] },
  });
  const learned = positions === "standard" || positions === "shortformer";
  return [
    { ...table("embed.weight", "embed.W_E", dVocab), transposed: byOutput },
    ...(learned ? [table("pos_embed.weight", "pos_embed.W_pos", nCtx)] : []),
    ...(positions === "rotary" ? [valuesSpec("frequencies", config.frequencies)] : []),
    ...Array.from({ length: nLayers }, (_, layer) => blockSpecs(config, layer)).flat(),
    ...normSpecs(config, "ln_final", "ln_final", finalNorm(config)),
    // By their inputs in both layouts.
    { ...matrix(config, "unembed.weight", "unembed.W_U", dVocabOut, dModel), transposed: true },
    optional(vector("unembed.bias", "unembed.b_U", dVocabOut)),
  ];
}

function blockSpecs(config: HookedConfig, layer: number): WeightSpec[] {
  const [to, from] = [blockName(layer), `blocks.${layer}`];
  return [
    ...normSpecs(config, `${to}.ln1`, `${from}.ln1`, config.norm),
    ...attentionSpecs(config, to, `${from}.attn`),
    ...(config.attnOnly ? [] : normSpecs(config, `${to}.ln2`, `${from}.ln2`, config.norm)),
    ...(config.attnOnly ? [] : mlpSpecs(config, to, `${from}.mlp`)),
  ];
}

function attentionSpecs(config: HookedConfig, to: string, from: string): WeightSpec[] {
  const { nHeads, dHead, dModel, byOutput } = config;
  return [
    ...(["q", "k", "v"] as const).flatMap((name) => headSpecs(config, name, to, from)),
    {
      ...matrix(config, `${to}.o.weight`, `${from}.W_O`, dModel, nHeads * dHead),
      ...(byOutput ? {} : { storedShape: [nHeads, dHead, dModel] }),
    },
    optional(vector(`${to}.o.bias`, `${from}.b_O`, dModel)),
  ];
}

function headSpecs(config: HookedConfig, name: "q" | "k" | "v", to: string, from: string): WeightSpec[] {
  const { nHeads, nKvHeads, dHead, dModel, byOutput } = config;
  // With fewer key-value heads their weights have an underscore before the name.
  const count = name === "q" ? nHeads : nKvHeads;
  const mark = count === nHeads ? "" : "_";
  const letter = name.toUpperCase();
  const source = `${from}.${mark}`;
  return [
    {
      ...matrix(config, `${to}.${name}.weight`, `${source}W_${letter}`, count * dHead, dModel),
      ...(byOutput
        ? { storedShape: [count, dHead, dModel] }
        : {
            storedShape: [count, dModel, dHead],
            blocks: { of: count, take: Array.from({ length: count }, (_, head) => head) },
          }),
    },
    optional(vector(`${to}.${name}.bias`, `${source}b_${letter}`, count * dHead, [count, dHead])),
  ];
}

function mlpSpecs(config: HookedConfig, to: string, from: string): WeightSpec[] {
  const { dMlp, dModel, gatedMlp } = config;
  return [
    ...(gatedMlp ? [matrix(config, `${to}.gate.weight`, `${from}.W_gate`, dMlp, dModel)] : []),
    matrix(config, `${to}.up.weight`, `${from}.W_in`, dMlp, dModel),
    optional(vector(`${to}.up.bias`, `${from}.b_in`, dMlp)),
    matrix(config, `${to}.down.weight`, `${from}.W_out`, dModel, dMlp),
    optional(vector(`${to}.down.bias`, `${from}.b_out`, dModel)),
  ];
}

/** Weights that the file has, or what leaves a norm without weights as it is. */
function normSpecs(
  { dModel }: HookedConfig,
  to: string,
  from: string,
  kind: HookedConfig["norm"],
): WeightSpec[] {
  if (kind === "none") return [];
  const one = () => valuesSpec(`${to}.weight`, new Float32Array(dModel).fill(1));
  if (kind === "LNPre") return [one(), valuesSpec(`${to}.bias`, new Float32Array(dModel))];
  if (kind === "RMSPre") return [one()];
  const weight = vector(`${to}.weight`, `${from}.w`, dModel);
  return kind === "LN" ? [weight, vector(`${to}.bias`, `${from}.b`, dModel)] : [weight];
}

function vector(name: string, source: string, size: number, storedShape = [size]): WeightSpec {
  return { name, kind: "vector", sources: [source], shape: [size], storedShape };
}

function matrix(
  { byOutput }: HookedConfig,
  name: string,
  source: string,
  out: number,
  inner: number,
): WeightSpec {
  return { name, kind: "matrix", sources: [source], shape: [out, inner], transposed: !byOutput };
}

const optional = (spec: WeightSpec): WeightSpec => ({ ...spec, optional: true });

export function finalNorm({ norm, finalRms }: HookedConfig): HookedConfig["norm"] {
  if (!finalRms || norm === "none") return norm;
  return norm.endsWith("Pre") ? "RMSPre" : "RMS";
}
