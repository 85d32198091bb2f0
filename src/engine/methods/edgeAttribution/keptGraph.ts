/**
 * The model of which some edges are left: they carry what their sources write there, all others what the donor writes.
 * Layer by layer:
 *
 *   1. an input reads the donor's stream plus Σ (source here − source in the donor) over its kept edges; inputs with no kept
 *      edge are as in the donor. A row for each says what the input makes
 *   2. a row with these queries, keys and values says z, and z what the heads write
 *   3. the layer's MLP likewise
 *   4. the last stream likewise, and the metric is read off it
 */
import type { Pauser } from "../../../protocol/cancel";
import type { Scalar } from "../../../protocol/gradients/gradients";
import type { RunRow } from "../../../protocol/run";
import { blockSite, type Site } from "../../../protocol/sites";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import type { EdgeGraph, Input, Source } from "./edgeGraph";
import { bySite, get, headsWritten, setTo, type NodeOutputs, type Written } from "./nodeOutputs";

/** Of each input the sources whose edges are kept. */
export type KeptEdges = ReadonlyMap<Input, readonly Source[]>;

export class KeptGraphRun {
  readonly #written: Map<Source, Written>;
  rows = 0;

  constructor(
    private readonly model: Model,
    private readonly graph: EdgeGraph,
    private readonly tokens: readonly number[],
    prompt: NodeOutputs,
    private readonly donor: NodeOutputs,
    private readonly pauser: Pauser,
    private readonly onLayer: () => void,
  ) {
    // Embeddings are the prompt's; all others follow.
    this.#written = new Map([...prompt.of].filter(([{ node }]) => node.kind === "embed"));
  }

  async metric(kept: KeptEdges, terms: Scalar): Promise<number> {
    const { graph, model, tokens, pauser } = this;
    for (let layer = 0; layer < graph.nLayers; layer++) {
      const own = graph.inputs.filter(({ node }) => node.kind !== "logits" && node.layer === layer);
      await this.#attention(
        layer,
        own.filter(({ node }) => node.kind !== "mlp"),
        kept,
      );
      const mlp = own.find(({ node }) => node.kind === "mlp");
      if (mlp) {
        const made = (await this.#made([mlp], kept)).get(mlp);
        this.#write((node) => node.kind === "mlp" && node.layer === layer, [made ?? new Float32Array()]);
      }
      this.onLayer();
    }
    const last = graph.inputs.at(-1);
    if (!last) throw new Error("a graph ends with logits");
    const interventions = [setTo(last.stream, this.#read(last, kept), tokens.length)];
    this.rows += 1;
    const [value = NaN] = await scalarValues(model, [{ tokens, interventions }], terms, pauser);
    return value;
  }

  /** What an input reads. */
  #read(input: Input, kept: KeptEdges): Written {
    const stream = Float64Array.from(get(this.donor.streams, input.stream));
    for (const source of kept.get(input) ?? []) {
      const [here, there] = [get(this.#written, source), get(this.donor.of, source)];
      here.forEach((value, i) => (stream[i] = (stream[i] ?? 0) + value - (there[i] ?? 0)));
    }
    return Float32Array.from(stream);
  }

  /** What inputs of one layer make; whole sites, of which a head's own columns count. */
  async #made(inputs: readonly Input[], kept: KeptEdges): Promise<Map<Input, Float32Array>> {
    const { model, tokens, donor, pauser } = this;
    const { length } = tokens;
    const result = new Map(inputs.map((input) => [input, get(donor.made, input.made)]));
    const live = inputs.filter((input) => (kept.get(input) ?? []).length > 0);
    for (const batch of batchesOf(live, () => length, batchTokens(model, length, false))) {
      await pauser.pause();
      const rows = batch.map((input): RunRow => {
        return { tokens, interventions: [setTo(input.stream, this.#read(input, kept), length)] };
      });
      const capture = [...new Set(batch.map(({ made }) => made))];
      const { captures } = await run(model, { rows, capture });
      this.rows += rows.length;
      for (const { row, site, data } of captures) {
        const input = batch[row];
        if (input?.made === site) result.set(input, data);
      }
    }
    return result;
  }

  async #attention(layer: number, inputs: readonly Input[], kept: KeptEdges): Promise<void> {
    const { model, tokens } = this;
    const made = await this.#made(inputs, kept);
    const interventions = [...made].map(([{ made: site, head }, data]) =>
      setTo(site, data, tokens.length, head),
    );
    const site: Site = blockSite(layer, "attn.z");
    const { captures } = await run(model, { rows: [{ tokens, interventions }], capture: [site] });
    const { heads, rows } = await headsWritten(model, tokens, bySite(captures));
    this.rows += 1 + rows;
    const written = heads.map(([only]) => only ?? new Float32Array());
    this.#write((node) => node.kind === "head" && node.layer === layer, written);
  }

  #write(isOwn: (node: Source["node"]) => boolean, written: readonly Written[]): void {
    this.graph.sources
      .filter(({ node }) => isOwn(node))
      .forEach((source, i) => this.#written.set(source, written[i] ?? new Float32Array()));
  }
}
