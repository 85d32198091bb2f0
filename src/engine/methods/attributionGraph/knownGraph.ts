/**
 * The graph as far as it is known: rows of targets and of latents that were taken in. Latents that were not count as error of
 * their dictionary where they are active, so that nothing of a node's input is left out. Of a cross-layer transcoder that is
 * the error of the layer that reads, with all that the latent writes above.
 */
import { influence, type Adjacency } from "./influence";
import type { LatentSource, ReadPrompt, Source } from "./dictionaries";
import type { TargetRow } from "./directEffects";

export interface Known extends Adjacency {
  /** [node]: the source that it is; undefined for logits, which come last. */
  readonly sources: readonly (Source | undefined)[];
  /** [node]: what a latent loses, as a part of itself, for each unit that its pre-activation loses. */
  readonly gains: Float64Array;
}

export class KnownRows {
  readonly #latents = new Map<number, TargetRow>();
  #logits: readonly TargetRow[] = [];

  constructor(
    private readonly read: ReadPrompt,
    /** Of the targets; they sum to 1. */
    private readonly weights: readonly number[],
  ) {}

  get latents(): number {
    return this.#latents.size;
  }

  takeLogits(rows: readonly TargetRow[]): void {
    this.#logits = [...this.#logits, ...rows];
  }

  takeLatents(sources: readonly number[], rows: readonly TargetRow[]): void {
    sources.forEach((source, i) => {
      const row = rows[i];
      if (row) this.#latents.set(source, row);
    });
  }

  /** Latents whose rows are not known, of largest influence by what is known, as far as it reaches. */
  next(most: number): number[] {
    const { sources } = this.read;
    const rows = sources.map((_, i) => this.#latents.get(i)?.effects);
    const found = influence({
      rows: [...rows, ...this.#logits.map(({ effects }) => effects)],
      weights: [...new Array<number>(sources.length).fill(0), ...this.weights],
    });
    return [...sources.keys()]
      .filter((i) => sources[i]?.kind === "latent" && !rows[i] && (found[i] ?? 0) > 0)
      .sort((a, b) => (found[b] ?? 0) - (found[a] ?? 0))
      .slice(0, most);
  }

  /** Tokens, errors, latents that were taken in, and logits. */
  graph(): Known {
    const { sources } = this.read;
    const kept = [...sources.keys()].filter((i) => sources[i]?.kind !== "latent" || this.#latents.has(i));
    const nodeOf = this.#nodeOf(kept);
    const size = kept.length + this.#logits.length;
    const compact = (effects: Float32Array) => {
      const row = new Float32Array(size);
      effects.forEach((effect, i) => {
        const node = nodeOf[i] ?? -1;
        row[node] = (row[node] ?? 0) + effect;
      });
      return row;
    };
    const own = kept.map((i) => this.#latents.get(i));
    const ofSources = kept.map((i) => sources[i]);
    return {
      kinds: [
        ...ofSources.map((source) => source?.kind ?? "error"),
        ...this.#logits.map(() => "logit" as const),
      ],
      rows: [...own, ...this.#logits].map((row) => row && compact(row.effects)),
      weights: [...new Array<number>(kept.length).fill(0), ...this.weights.slice(0, this.#logits.length)],
      sources: [...ofSources, ...this.#logits.map(() => undefined)],
      gains: Float64Array.from(ofSources, (source) =>
        source?.kind === "latent" ? source.slope / source.activation : 0,
      ),
    };
  }

  /** [source]: the node that it is, or that it counts with. */
  #nodeOf(kept: readonly number[]): Int32Array {
    const { sources } = this.read;
    const nodes = new Int32Array(sources.length).fill(-1);
    kept.forEach((i, node) => (nodes[i] = node));
    const name = (source: Exclude<Source, { readonly kind: "token" }>) =>
      `${source.dictionary.id} ${source.position}`;
    const errors = new Map(
      sources.flatMap((source, i) => (source.kind === "error" ? [[name(source), nodes[i] ?? -1]] : [])),
    );
    sources.forEach((source, i) => {
      if (source.kind === "latent" && nodes[i] === -1) nodes[i] = errors.get(name(source)) ?? -1;
    });
    return nodes;
  }
}

export const isLatent = (source: Source | undefined): source is LatentSource => source?.kind === "latent";
