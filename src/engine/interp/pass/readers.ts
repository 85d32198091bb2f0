/**
 * Everything that can be read off the logits of a pass: a table of readers, one a field of the result.
 *
 *   1. a reader names the places that it reads; logits are computed for those and no others
 *   2. `send` sends what it needs for the places of one chunk of rows; nothing is recorded yet
 *   3. what `send` returns records the reading of the chunk's logits, and says where the numbers go once they are there
 *
 * To add one: a field of `LogitsRequest`, one of `LogitsResult`, an entry of `READERS`.
 */
import type { TopTokens } from "../../../protocol/run";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { gatherElements, gatherRows } from "../../ops/embedding";
import { chooseToken, klDivergence, scoreTargets, topTokens, type Sampling } from "../../ops/score";

/** A place in a forward pass: token `index` of segment `segment`. */
export interface Place {
  readonly segment: number;
  readonly index: number;
}

export type TargetPlace = Place & { readonly target: number };

export interface LogitsRequest {
  readonly score?: readonly TargetPlace[];
  /** The logit itself of each target, as the model gives it. */
  readonly logits?: readonly TargetPlace[];
  /** All with the same k. */
  readonly top?: { readonly places: readonly Place[]; readonly k: number };
  /** One token for each place; the n-th place has its own noise. At most as many as `rowsAtOnce`, nothing else asked. */
  readonly sample?: { readonly places: readonly Place[]; readonly sampling: Sampling };
  /** KL(base ‖ place) for each place; `base` is a row of logits. */
  readonly kl?: { readonly base: Float32Array<ArrayBuffer>; readonly places: readonly Place[] };
}

export interface LogitsResult {
  /** Log-probabilities, nats. */
  readonly scores: Float32Array;
  readonly logits: Float32Array;
  readonly top: readonly TopTokens[];
  readonly sampled: Uint32Array;
  /** Nats. */
  readonly kl: Float32Array;
}

/** What is to be read back, and what becomes of it. */
export interface PendingRead {
  readonly tensor: Tensor;
  take(data: ArrayBuffer): void;
}

/** Records what is read off logits [rows of the chunk, dVocab]. */
export type RecordReads = (logits: Tensor) => readonly PendingRead[];

export interface Reader<Result> {
  readonly places: readonly Place[];
  /** Filled as what was read back is taken. */
  readonly result: Result;
  /** `rowOf`: the row of a place in the logits of the chunk; undefined where another chunk has it. */
  send(rowOf: (place: Place) => number | undefined): RecordReads;
}

/** The n-th place that was asked for, and its row in the logits of a chunk. */
interface Asked<P extends Place> {
  readonly place: P;
  readonly n: number;
  readonly row: number;
}

function reader<P extends Place, Result>(
  places: readonly P[],
  result: Result,
  send: (asked: readonly Asked<P>[]) => RecordReads,
): Reader<Result> {
  return {
    places,
    result,
    send(rowOf) {
      const asked = places.flatMap((place, n) => {
        const row = rowOf(place);
        return row === undefined ? [] : [{ place, n, row }];
      });
      return asked.length > 0 ? send(asked) : () => [];
    },
  };
}

/** A reader of one number a place: `send` returns what records the numbers of `asked`, in that order. */
function numberReader<P extends Place, Result extends Float32Array | Uint32Array>(
  places: readonly P[],
  result: Result,
  send: (asked: readonly Asked<P>[]) => (logits: Tensor) => Tensor,
): Reader<Result> {
  return reader(places, result, (asked) => {
    const record = send(asked);
    const take = (data: ArrayBuffer) => {
      const values = result instanceof Float32Array ? new Float32Array(data) : new Uint32Array(data);
      asked.forEach(({ n }, i) => (result[n] = values[i] ?? NaN));
    };
    return (logits) => [{ tensor: record(logits), take }];
  });
}

const nothing = <Result>(result: Result): Reader<Result> => ({ places: [], result, send: () => () => [] });

type OpenReader<Result> = (request: LogitsRequest, model: Pick<Model, "config" | "memory">) => Reader<Result>;

const READERS: { readonly [Name in keyof LogitsResult]: OpenReader<LogitsResult[Name]> } = {
  scores: ({ score = [] }, { memory }) =>
    numberReader(score, new Float32Array(score.length), (asked) => {
      const pairs = sendPairs(memory, asked, ({ row, place }) => [row, place.target]);
      return (logits) => scoreTargets(memory, logits, pairs);
    }),

  logits: ({ logits: targets = [] }, { memory, config }) =>
    numberReader(targets, new Float32Array(targets.length), (asked) => {
      const cols = vocabOut(config);
      // Every logit is a row of its own to gather from.
      const elements = sendIndices(memory, asked, ({ row, place }) => row * cols + place.target);
      return (logits) => gatherElements(memory, logits, elements);
    }),

  top({ top }, { memory }) {
    if (!top) return nothing([]);
    const { places, k } = top;
    const result = places.map(() => ({ ids: new Uint32Array(k), logProbs: new Float32Array(k) }));
    return reader(places, result, (asked) => {
      const rows = sendIndices(memory, asked, ({ row }) => row);
      return (logits) => {
        const { ids, logProbs } = topTokens(memory, pick(memory, logits, rows), k);
        const takeIds = (data: ArrayBuffer) =>
          asked.forEach(({ n }, i) => result[n]?.ids.set(new Uint32Array(data, 4 * i * k, k)));
        const takeLogProbs = (data: ArrayBuffer) =>
          asked.forEach(({ n }, i) => result[n]?.logProbs.set(new Float32Array(data, 4 * i * k, k)));
        return [
          { tensor: ids, take: takeIds },
          { tensor: logProbs, take: takeLogProbs },
        ];
      };
    });
  },

  sampled({ sample }, { memory }) {
    if (!sample) return nothing(new Uint32Array());
    return numberReader(sample.places, new Uint32Array(sample.places.length), (asked) => {
      const rows = sendIndices(memory, asked, ({ row }) => row);
      return (logits) => chooseToken(memory, pick(memory, logits, rows), sample.sampling);
    });
  },

  kl({ kl }, { memory }) {
    if (!kl) return nothing(new Float32Array());
    let sent: Tensor | undefined;
    return numberReader(kl.places, new Float32Array(kl.places.length), (asked) => {
      const base = (sent ??= memory.from(kl.base, [1, kl.base.length], "base logits"));
      const pairs = sendPairs(memory, asked, ({ row }) => [0, row]);
      return (logits) => klDivergence(memory, base, logits, pairs);
    });
  },
};

/** Everything that a request reads, as one reader. */
export const openReaders: OpenReader<LogitsResult> = (request, model) => {
  const opened = Object.entries(READERS).map(([name, open]) => ({ name, reader: open(request, model) }));
  const readers: Reader<unknown>[] = opened.map(({ reader }) => reader);
  // The table has a reader for every field: it says so, but not to the compiler.
  const result = Object.fromEntries(opened.map(({ name, reader }) => [name, reader.result])) as unknown;
  return {
    places: readers.flatMap(({ places }) => places),
    result: result as LogitsResult,
    send(rowOf) {
      const records = readers.map((one) => one.send(rowOf));
      return (logits) => records.flatMap((record) => record(logits));
    },
  };
};

/** u32 [asked]. */
function sendIndices<A>(memory: TensorMemory, asked: readonly A[], index: (one: A) => number): Tensor {
  return memory.from(Uint32Array.from(asked, index), [asked.length], "asks");
}

/** u32 [asked, 2]. */
function sendPairs<A>(memory: TensorMemory, asked: readonly A[], pair: (one: A) => number[]): Tensor {
  return memory.from(Uint32Array.from(asked.flatMap(pair)), [asked.length, 2], "asks");
}

/** Some rows of the logits; of a single row nothing is gathered. */
function pick(memory: TensorMemory, logits: Tensor, rows: Tensor): Tensor {
  return logits.shape[0] === 1 && rows.shape[0] === 1 ? logits : gatherRows(memory, logits, rows);
}
