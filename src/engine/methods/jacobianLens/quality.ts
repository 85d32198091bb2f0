/**
 * Does a lens tell what the model is about to say? On texts that it should not have been fitted on, at every layer that it has:
 *
 *   1. each text goes through the model once; the lens is read at every position from `skipFirst` on, three ways: as the
 *      logit lens, through J, and through J with its columns in an order drawn by the seed, which has the same numbers and
 *      reads the wrong directions: a control
 *   2. KL(model ‖ lens) in nats; whether the most probable token is the model's; whether it is that of the same reading one
 *      layer on (of the last layer: the model's)
 *   3. means of each text, then over texts; 95 % intervals by the bootstrap over texts
 */
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import {
  LENS_READINGS,
  type LensQualityRequest,
  type LensQualityResult,
  type LensReading,
  type TextMean,
} from "../../../protocol/gradients/lenses";
import { showNowAndThen } from "../../../protocol/progress";
import { blockSite } from "../../../protocol/sites";
import { shuffledBySeed } from "../../../random/shuffled";
import { bootstrapMean } from "../../../statistics/bootstrap";
import { ActivationCache } from "../../interp/activations/activationCache";
import type { LensMatrices } from "../../interp/activations/lensMatrices";
import { readBack } from "../../interp/pass/readBack";
import { checkIds } from "../../models/checks";
import type { Model } from "../../models/model";
import { klDivergence, topTokens } from "../../ops/score";

const RESAMPLES = 1000;
type Measure = "kl" | "agreesWithModel" | "agreesWithNext";

/** The matrices of a lens; a fit knows its own texts. */
export interface JudgedLens extends LensMatrices {
  hasRead?(row: readonly number[]): boolean;
}

export async function lensQuality(
  model: Model,
  lens: JudgedLens,
  request: LensQualityRequest,
  pauser: Pauser,
  onProgress?: (partial: LensQualityResult) => void,
): Promise<LensQualityResult> {
  const rows = request.contexts.map((context) => [...request.before, ...context]);
  for (const [index, row] of rows.entries()) {
    checkIds(row, model.config.dVocab);
    if (row.length > model.config.nCtx)
      refuse(`Text ${index} has ${row.length} tokens; this model reads ${model.config.nCtx}.`);
  }
  const work = new Work(model, lens, request, rows);
  const showMore = showNowAndThen(onProgress, () => work.result());
  for (const row of rows) {
    await work.read(row, pauser);
    showMore();
  }
  if (work.texts === 0)
    refuse(
      `No text has more than ${request.skipFirst} tokens, and the first ${request.skipFirst} are left out.`,
    );
  return work.result();
}

/** Of one chunk of positions: [layer][reading] → KL and the most probable token of each. */
interface ChunkRead {
  readonly own: Uint32Array;
  readonly of: readonly (readonly { readonly kl: Float32Array; readonly top: Uint32Array }[])[];
}

class Work {
  texts = 0;
  #positions = 0;
  readonly #layers: readonly number[];
  /** By "layer reading measure": the means of each text. */
  readonly #means = new Map<string, number[]>();
  readonly #shuffles: ReadonlyMap<number, Float32Array<ArrayBuffer>>;
  readonly #alsoFitted: number | undefined;

  constructor(
    private readonly model: Model,
    private readonly lens: JudgedLens,
    private readonly request: LensQualityRequest,
    private readonly rows: readonly (readonly number[])[],
  ) {
    this.#layers = lens.layers.filter((layer) => layer < model.config.nLayers - 1);
    this.#shuffles = new Map(
      this.#layers.map((layer) => [layer, shuffledColumns(lens.matrix(layer), request.seed + layer)]),
    );
    this.#alsoFitted = lens.hasRead && rows.filter((row) => lens.hasRead?.(row)).length;
  }

  async read(row: readonly number[], pauser: Pauser): Promise<void> {
    const { skipFirst } = this.request;
    const positions = Array.from({ length: Math.max(0, row.length - skipFirst) }, (_, i) => skipFirst + i);
    if (positions.length === 0) return;
    const sites = this.#layers.map((layer) => blockSite(layer, "resid_post"));
    const prompt = { tokens: row, interventions: [] };
    const pass = ActivationCache.ofPrompt(this.model, prompt, positions, sites);
    const sums = new Map<string, number>();
    try {
      for (const chunk of pass.chunks(positions)) {
        await pauser.pause();
        this.#add(await this.#readChunk(pass, chunk), sums);
      }
    } finally {
      pass.release();
    }
    for (const [key, sum] of sums) {
      const means = this.#means.get(key) ?? [];
      means.push(sum / positions.length);
      this.#means.set(key, means);
    }
    this.texts++;
    this.#positions += positions.length;
  }

  async #readChunk(pass: ActivationCache, chunk: readonly number[]): Promise<ChunkRead> {
    const { memory } = this.model;
    const found = await readBack(memory, (back) => {
      const same = Uint32Array.from(chunk.flatMap((_, row) => [row, row]));
      const pairs = memory.from(same, [chunk.length, 2], "pairs of rows");
      const own = pass.logits(chunk);
      const top = back.tensor(topTokens(memory, own, 1).ids);
      const of = this.#layers.map((layer) =>
        LENS_READINGS.map((reading) => {
          const site = blockSite(layer, "resid_post");
          let later = { kl: top, top };
          memory.scope(() => {
            const logits = pass.logits(chunk, site, this.#matrix(layer, reading));
            later = {
              kl: back.tensor(klDivergence(memory, own, logits, pairs)),
              top: back.tensor(topTokens(memory, logits, 1).ids),
            };
          });
          return later;
        }),
      );
      return { top, of };
    });
    const ids = (later: () => Float32Array<ArrayBuffer>) => new Uint32Array(later().buffer);
    return {
      own: ids(found.top),
      of: found.of.map((layer) => layer.map(({ kl, top }) => ({ kl: kl(), top: ids(top) }))),
    };
  }

  #matrix(layer: number, reading: LensReading): Float32Array<ArrayBuffer> | undefined {
    if (reading === "logit") return undefined;
    return reading === "jacobian" ? this.lens.matrix(layer) : this.#shuffles.get(layer);
  }

  #add({ own, of }: ChunkRead, sums: Map<string, number>): void {
    const add = (key: string, value: number) => sums.set(key, (sums.get(key) ?? 0) + value);
    for (const [l, readings] of of.entries()) {
      for (const [r, { kl, top }] of readings.entries()) {
        const key = (measure: Measure) => keyOf(this.#layers[l] ?? 0, LENS_READINGS[r] ?? "logit", measure);
        const next = of[l + 1]?.[r]?.top ?? own;
        own.forEach((id, row) => {
          add(key("kl"), kl[row] ?? NaN);
          add(key("agreesWithModel"), Number(top[row] === id));
          add(key("agreesWithNext"), Number(top[row] === next[row]));
        });
      }
    }
  }

  result(): LensQualityResult {
    const { seed } = this.request;
    const mean = (layer: number, reading: LensReading, measure: Measure): TextMean => {
      const means = this.#means.get(keyOf(layer, reading, measure)) ?? [];
      const [low, high] = bootstrapMean(means, seed, RESAMPLES);
      return { mean: means.reduce((sum, one) => sum + one, 0) / means.length, low, high };
    };
    return {
      rows: this.#layers.flatMap((layer) =>
        LENS_READINGS.map((reading) => ({
          ...{ layer, reading },
          kl: mean(layer, reading, "kl"),
          agreesWithModel: mean(layer, reading, "agreesWithModel"),
          agreesWithNext: mean(layer, reading, "agreesWithNext"),
        })),
      ),
      ...{ texts: this.texts, allTexts: this.rows.length, positions: this.#positions },
      ...(this.#alsoFitted !== undefined && { alsoFitted: this.#alsoFitted }),
    };
  }
}

const keyOf = (layer: number, reading: LensReading, measure: Measure) => `${layer} ${reading} ${measure}`;

/** J with its columns in another order. */
export function shuffledColumns(J: Float32Array, seed: number): Float32Array<ArrayBuffer> {
  const n = Math.sqrt(J.length);
  const order = shuffledBySeed(
    Array.from({ length: n }, (_, i) => i),
    seed,
  );
  return Float32Array.from(J, (_, at) => J[at - (at % n) + (order[at % n] ?? 0)] ?? 0);
}
