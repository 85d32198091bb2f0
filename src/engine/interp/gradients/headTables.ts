/**
 * What the head is asked on some tokens for some scalars, on the device: the tables of the cotangent of their logits
 * (kernels/scoreTargetsBackward) and of the values that are read on the way.
 */
import type { Copies, Tensor, TensorMemory } from "../../device/tensor";
import { copiesOf, gatherElements } from "../../ops/embedding";
import { klDivergence, scoreTargets, type LogitAsks } from "../../ops/score";
import { joinFloats } from "../batch/joinFloats";
import type { SiteChanges } from "../edits/runTaps";
import type { LogitTerm } from "./scalars";

/** A value that is being read: what it is times, and the scalar that it is part of. */
interface ValueOf {
  readonly scalar: number;
  readonly weight: number;
}

/** Values on the device, one for each of `of`. */
export interface PendingValues {
  readonly tensor: Tensor;
  readonly of: readonly ValueOf[];
}

export interface HeadTables {
  /** Tokens of the batch, ascending. */
  readonly tokens: readonly number[];
  /** u32: the same; undefined if they are all of the batch. */
  readonly rows: Tensor | undefined;
  readonly copies: Copies | undefined;
  readonly asks: LogitAsks;
  /** f32 [scalars * tokens, columns]: what is added to the cotangent of the logits. */
  readonly dense: Tensor | undefined;
  readonly edits: SiteChanges;
  values(logits: Tensor): PendingValues[];
}

export interface HeadSizes {
  /** Tokens of the batch. */
  readonly count: number;
  readonly scalars: number;
  readonly cols: number;
}

/** Terms are those of the scalars from `firstScalar` on, at these tokens. */
export function uploadHeadTables(
  memory: TensorMemory,
  { count, scalars, cols }: HeadSizes,
  tokens: readonly number[],
  terms: readonly LogitTerm[],
  firstScalar: number,
  edits: SiteChanges,
): HeadTables {
  const own = tokens.length;
  const rowOf = new Map(tokens.map((token, row) => [token, row]));
  const rowIn = ({ token }: LogitTerm) => rowOf.get(token) ?? 0;
  const byRow: LogitTerm[][] = Array.from({ length: scalars * own }, () => []);
  for (const term of terms) byRow[(term.scalar - firstScalar) * own + rowIn(term)]?.push(term);
  const asks = byRow.map((row) => row.flatMap((term) => term.asks));
  let first = 0;
  const spans = asks.flatMap(({ length }) => [(first += length) - length, length]);
  const flat = asks.length > 0 ? asks.flat() : [];
  const padded = flat.length > 0 ? flat : [{ target: 0, weight: 0 }];
  const total = (row: readonly LogitTerm[]) => row.reduce((sum, term) => sum + term.total, 0);
  const whole = own === count;
  return {
    tokens,
    rows: whole ? undefined : memory.from(Uint32Array.from(tokens), [own], "scored tokens"),
    copies: whole ? undefined : copiesOf(memory, tokens, count),
    asks: {
      spans: memory.from(Uint32Array.from(spans), [scalars * own, 2], "asks"),
      targets: memory.from(
        Uint32Array.from(padded, ({ target }) => target),
        [padded.length],
        "targets",
      ),
      weights: memory.from(
        Float32Array.from(padded, ({ weight }) => weight),
        [padded.length],
        "weights",
      ),
      totals: memory.from(Float32Array.from(byRow, total), [scalars * own], "totals"),
    },
    dense: uploadDense(memory, byRow, cols),
    edits,
    values: uploadValues(memory, terms, rowIn, cols),
  };
}

function uploadDense(
  memory: TensorMemory,
  byRow: readonly (readonly LogitTerm[])[],
  cols: number,
): Tensor | undefined {
  if (!byRow.flat().some(({ dense }) => dense)) return undefined;
  const all = new Float32Array(byRow.length * cols);
  for (const [row, terms] of byRow.entries()) {
    for (const { dense } of terms) {
      for (let c = 0; dense && c < cols; c++)
        all[row * cols + c] = (all[row * cols + c] ?? 0) + (dense[c] ?? 0);
    }
  }
  return memory.from(all, [byRow.length, cols], "dense cotangent of logits");
}

/** Sends what the values are asked with; what is given back reads them off the logits. */
function uploadValues(
  memory: TensorMemory,
  terms: readonly LogitTerm[],
  rowIn: (term: LogitTerm) => number,
  cols: number,
): HeadTables["values"] {
  const kind = (of: string) => terms.filter(({ value }) => typeof value !== "number" && value.kind === of);
  const target = ({ value }: LogitTerm) =>
    typeof value !== "number" && value.kind !== "kl" ? value.target : 0;
  const upload = (list: readonly LogitTerm[], numbers: (term: LogitTerm) => number[]) => {
    const all = list.flatMap(numbers);
    return memory.from(Uint32Array.from(all), [list.length, all.length / list.length], "value asks");
  };
  const reads: ((logits: Tensor) => PendingValues)[] = [];
  const logProbs = kind("logProb");
  if (logProbs.length > 0) {
    const asks = upload(logProbs, (term) => [rowIn(term), target(term)]);
    reads.push((logits) => ({ tensor: scoreTargets(memory, logits, asks), of: logProbs }));
  }
  const logitTerms = kind("logit");
  if (logitTerms.length > 0) {
    const at = upload(logitTerms, (term) => [rowIn(term) * cols + target(term)]);
    reads.push((logits) => ({ tensor: gatherElements(memory, logits, at), of: logitTerms }));
  }
  const kls = kind("kl");
  if (kls.length > 0) {
    const bases = kls.map(({ value }) =>
      typeof value !== "number" && value.kind === "kl" ? value.base : new Float32Array(),
    );
    const base = memory.from(joinFloats(bases), [kls.length, cols], "base logits");
    const pairs = upload(kls, (term) => [kls.indexOf(term), rowIn(term)]);
    reads.push((logits) => ({ tensor: klDivergence(memory, base, logits, pairs), of: kls }));
  }
  return (logits) => reads.map((read) => read(logits));
}
