/** Short forms for the tables from checkpoint names to ours. */
import type { WeightSpec } from "./architecture";

/** [rows, cols] as a torch Linear or Embedding keeps it. */
export function matrixSpec(name: string, source: string, rows: number, cols: number): WeightSpec {
  return { name, kind: "matrix", sources: [source], shape: [rows, cols] };
}

export function vectorSpec(name: string, source: string, size: number): WeightSpec {
  return { name, kind: "vector", sources: [source], shape: [size] };
}

/** A torch Linear: `<source>.weight` [out, in], and `<source>.bias` [out] if the checkpoint has it. */
export function linearSpecs(name: string, source: string, out: number, inner: number): WeightSpec[] {
  return [
    matrixSpec(`${name}.weight`, `${source}.weight`, out, inner),
    { ...vectorSpec(`${name}.bias`, `${source}.bias`, out), optional: true },
  ];
}

/** q, k and v out of one Linear whose rows are [head, (q, k, v), dHead]. */
export function fusedHeads(to: string, source: string, nHeads: number, dModel: number): WeightSpec[] {
  return ["q", "k", "v"].flatMap((name, offset) => {
    const take = Array.from({ length: nHeads }, (_, head) => 3 * head + offset);
    return linearSpecs(`${to}.${name}`, source, dModel, dModel).map((spec): WeightSpec => {
      return { ...spec, blocks: { of: 3 * nHeads, take } };
    });
  });
}

/** A LayerNorm: weight and bias [size]. */
export function layerNormSpecs(name: string, source: string, size: number): WeightSpec[] {
  return [
    vectorSpec(`${name}.weight`, `${source}.weight`, size),
    vectorSpec(`${name}.bias`, `${source}.bias`, size),
  ];
}

/** Values that no checkpoint holds. */
export function valuesSpec(name: string, values: Float32Array<ArrayBuffer>): WeightSpec {
  return { name, kind: "vector", sources: [], shape: [values.length], values };
}

/** The same table with every checkpoint name also looked for without a prefix. */
export function alsoWithoutPrefix(prefix: string, specs: readonly WeightSpec[]): WeightSpec[] {
  return specs.map((spec) => ({
    ...spec,
    sources: spec.sources.flatMap((source) =>
      source.startsWith(prefix) ? [source, source.slice(prefix.length)] : [source],
    ),
  }));
}
