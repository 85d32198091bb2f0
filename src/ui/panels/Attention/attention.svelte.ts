/**
 * What the panel asks the engine: the layer whose head is enlarged (held until another is shown), and every head at a
 * glance with its numbers, layer by layer.
 */
import type { ModelInfo } from "../../../protocol/api";
import type { EditedPrompt } from "../../../protocol/interventions";
import { VitrineError } from "../../../protocol/errors";
import { rasterOf } from "../../charts/heatmap/heatmap";
import type { Query, Question as Asked } from "../../state/query.svelte";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import type { Session } from "../../state/session.svelte";
import { tokenLabel } from "../../../client/tokens/tokenText";
import type { Side } from "../../../client/sides";
import { headStats, type HeadStats } from "./headStats";
import { captureLayer, readMap, readMean, releaseLayer, type LayerTensors } from "./readHeads";
import type { Measure } from "./settings";

/** One head, small. */
export interface HeadCard {
  readonly layer: number;
  readonly head: number;
  /** Pooled to at most THUMB cells each way. */
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
  readonly stats: HeadStats;
  readonly baseline?: HeadStats;
}

/** What an answer is about. */
export interface Question {
  readonly prompt: EditedPrompt;
  readonly measure: Measure;
  readonly side: Side;
}

export interface GlanceAnswer extends Question {
  readonly layers: readonly number[];
  readonly cards: readonly HeadCard[];
  readonly layersDone: number;
}

/** The enlarged matrix. */
export interface MapAnswer extends Question {
  readonly layer: number;
  /** Undefined: the mean of all. */
  readonly head: number | undefined;
  /** [n, n]. */
  readonly values: Float32Array;
  readonly tokens: readonly string[];
  readonly hasBaseline: boolean;
}

/** Cells of a small multiple, each way. */
export const THUMB = 72;

export class AttentionState {
  readonly tensors: Query<LayerTensors>;
  readonly map: Query<MapAnswer>;
  readonly glance: Query<GlanceAnswer>;

  constructor(private readonly session: Session) {
    this.tensors = session.query<LayerTensors>(undefined, (old) => void releaseLayer(this.#engine, old));
    this.map = session.query();
    this.glance = session.query();
  }

  get #engine() {
    return this.session.engine;
  }

  /** Captures a layer; what was held before is released. */
  capture(prompt: EditedPrompt, layer: number, measure: Measure): Asked<LayerTensors> {
    return (runId) => captureLayer(this.#engine, prompt, layer, measure, runId);
  }

  /** Enlarges one head of the held layer, or the mean of its heads. */
  enlarge(tensors: LayerTensors, head: number | undefined, side: Side, model: ModelInfo): Asked<MapAnswer> {
    return async () => {
      const values =
        head === undefined
          ? await readMean(this.#engine, tensors, side, model)
          : (await readMap(this.#engine, tensors, head, side, model)).map;
      const { prompt, layer, measure } = tensors;
      const hasBaseline = tensors.baseline !== undefined;
      return {
        ...{ prompt, layer, measure, side, head, values, hasBaseline },
        tokens: this.#labels(prompt, side),
      };
    };
  }

  /** Reads all heads of some layers, with partial results layer by layer. */
  look(question: Question, layers: readonly number[], model: ModelInfo): Asked<GlanceAnswer> {
    const { prompt, measure, side } = question;
    const ids = withTokenEdits(this.session.tokens, prompt.edits ?? []).map(({ id }) => id);
    return async (runId, partial, isNewest) => {
      const cards: HeadCard[] = [];
      const answer = (layersDone: number) => ({ ...question, layers, cards: [...cards], layersDone });
      for (const [done, layer] of layers.entries()) {
        const tensors = await captureLayer(this.#engine, prompt, layer, measure, runId);
        try {
          for (let head = 0; head < model.nHeads; head++) {
            if (!isNewest()) throw new VitrineError("Cancelled", "Stopped.");
            const { map, patterns } = await readMap(this.#engine, tensors, head, side, model);
            const n = ids.length;
            const shape = { rows: n, cols: n, values: map };
            const small = rasterOf(shape, [0, n], [0, n], { width: THUMB, height: THUMB });
            cards.push({
              ...{ layer, head, rows: small.height, cols: small.width, values: small.values },
              stats: headStats(patterns.now, ids),
              ...(patterns.baseline && { baseline: headStats(patterns.baseline, prompt.tokens) }),
            });
          }
        } finally {
          void releaseLayer(this.#engine, tensors);
        }
        if (done + 1 < layers.length) partial(answer(done + 1));
      }
      return answer(layers.length);
    };
  }

  #labels({ edits = [] }: EditedPrompt, side: Side): readonly string[] {
    const { tokens } = this.session;
    const read = side === "baseline" ? tokens : withTokenEdits(tokens, edits);
    return read.map(({ text }) => tokenLabel(text));
  }
}
