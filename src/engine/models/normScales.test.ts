/**
 * The scales that norms divide by, on every architecture: no recording has them, so they are held against the norm's
 * own formula, from what goes in and what comes out.
 */
import { expect, it } from "vitest";
import { blockSite, type Site } from "../../protocol/sites";
import { run } from "../interp/pass/runRows";
import { linear } from "../ops/linear";
import type { NormWeights } from "./weightMap";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "./golden.samples";
import { sitesOf, type Model } from "./model";

interface Norm {
  readonly scale: Site;
  readonly output: Site;
  /** The sites whose sum it reads; or a site and the projection between them. */
  readonly input: readonly Site[];
  readonly projection?: string;
  readonly weights: NormWeights;
}

/** Every norm on the residual stream. */
function norms(model: Model): Norm[] {
  const { nLayers } = model.config;
  const sites = sitesOf(model);
  const { finalNorm, layers } = model.architecture.weightMap(model.config);
  // Norms in the residual stream itself are no part of the weightMap: OPT's.
  const inStream = { name: "", kind: "layer", eps: 1e-5, offset: 0 } as const;
  const prefix = model.architecture.name === "gpt2" ? "h" : "blocks";
  const inBlocks = layers.flatMap((layer, index) => {
    const site = (name: Parameters<typeof blockSite>[1]) => blockSite(index, name);
    const named = (name: string) => ({
      ...(layer.mlp?.norm ?? finalNorm ?? inStream),
      name: `${prefix}.${index}.${name}`,
    });
    const [ln1, ln2] = prefix === "h" ? ["ln_1", "ln_2"] : ["ln1", "ln2"];
    const middle = sites.includes(site("resid_mid")) ? site("resid_mid") : site("resid_pre");
    if (
      !sites.includes(site("ln1.scale")) &&
      sites.includes(site("ln1_post.scale")) &&
      !layer.attentionPostNorm
    ) {
      const post = (part: "ln1" | "ln2", output: Site, input: Site[]): Norm => {
        return { scale: site(`${part}_post.scale`), output, input, weights: named(part) };
      };
      return [
        post("ln1", site("resid_mid"), [site("resid_pre"), site("attn_out")]),
        post("ln2", site("resid_post"), [site("resid_mid"), site("mlp_out")]),
      ];
    }
    return [
      {
        scale: site("ln1.scale"),
        output: site("ln1.normalized"),
        input: [site("resid_pre")],
        weights: named(ln1),
      },
      { scale: site("ln2.scale"), output: site("ln2.normalized"), input: [middle], weights: named(ln2) },
      {
        scale: site("ln1_post.scale"),
        output: site("attn_out"),
        input: [site("attn.z")],
        projection: layer.attentionOut,
        weights: named("ln1_post"),
      },
      {
        scale: site("ln2_post.scale"),
        output: site("mlp_out"),
        input: [site("mlp.post")],
        projection: layer.mlp?.out ?? "",
        weights: named("ln2_post"),
      },
    ] satisfies Norm[];
  });
  const last: Norm = {
    scale: "ln_final.scale",
    output: "ln_final.normalized",
    input: [blockSite(nLayers - 1, "resid_post")],
    weights: finalNorm ?? inStream,
  };
  return [...inBlocks, last].filter(({ scale }) => sites.includes(scale));
}

async function vectorOf(model: Model, name: string): Promise<Float32Array | undefined> {
  const vector = model.weights.vectorIfAny(name);
  if (vector === undefined) return undefined;
  const slice = { buffer: vector.buffer, offsetBytes: 0, sizeBytes: 4 * vector.size };
  return new Float32Array((await model.memory.device.read([slice]))[0]!);
}

/** What the projection makes of a site, [pos, dModel]. */
async function projected({ memory, weights }: Model, x: Float32Array, rows: number, name: string) {
  const y = memory.keep(
    memory.scope(() => {
      const input = memory.from(Float32Array.from(x), [rows, x.length / rows], "input");
      return linear(memory, input, weights.matrix(`${name}.weight`), weights.vectorIfAny(`${name}.bias`));
    }),
  );
  const [data] = await memory.device.read([{ buffer: y.buffer, offsetBytes: 0, sizeBytes: 4 * y.size }]);
  memory.release(y);
  return new Float32Array(data!);
}

it.each(GOLDEN_RUNS)(
  "%s %j: every norm's scale is that of its formula",
  async (folder, change, recording) => {
    const model = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording ?? "golden.safetensors");
    const all = norms(model);
    expect(all.length > 0).toBe(sitesOf(model).some((site) => site.endsWith(".scale")));
    expect(all.map(({ scale }) => scale).sort()).toEqual(
      sitesOf(model)
        .filter((site) => site.endsWith(".scale"))
        .sort(),
    );
    const { captures } = await run(model, { rows: [{ tokens }], capture: sitesOf(model) });
    const at = (site: Site) => captures.find((capture) => capture.site === site)!;
    for (const { scale, output, input, projection, weights } of all) {
      const [first, ...others] = input.map((site) => at(site).data);
      const sum = first!.map((value, i) =>
        others.reduce((left, { [i]: right = NaN }) => left + right, value),
      );
      const x = projection ? await projected(model, sum, tokens.length, projection) : sum;
      const weight = (await vectorOf(model, `${weights.name}.weight`))!;
      const bias = await vectorOf(model, `${weights.name}.bias`);
      const cols = weight.length;
      expect(at(scale).shape).toEqual([tokens.length, 1]);
      for (const [row, divisor] of at(scale).data.entries()) {
        const values = [...x.subarray(row * cols, (row + 1) * cols)];
        const mean = weights.kind === "layer" ? values.reduce((sum, value) => sum + value / cols, 0) : 0;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / cols, 0);
        const expected = Math.sqrt(variance + weights.eps);
        expect(Math.abs(divisor / expected - 1), scale).toBeLessThan(1e-5);
        values.forEach((value, c) => {
          const right = (value - mean) * (weight[c]! + weights.offset) + (bias?.[c] ?? 0) * divisor;
          const left = at(output).data[row * cols + c]! * divisor;
          expect(Math.abs(left - right) / Math.max(1, Math.abs(right)), output).toBeLessThan(1e-5);
        });
      }
    }
  },
);
