/** A neuron's lists and its activation on the text, as rows. */
import type { NeuronResult, TensorRef } from "../../../protocol/analysis";
import type { EngineApi } from "../../../protocol/api";
import type { Edit } from "../../../protocol/interventions";
import type { DataTable } from "../../charts/dataTable";

type TokenList = "promotes" | "suppresses" | "readsMost" | "readsLeast";

const WRITES = "logits";
const READS = "product";

/** What the units stand for. */
export const LISTS_SENTENCE =
  "Raises and lowers: logits per unit of activation, the final norm's gain included and its scale left out. Reads: the product of its input weights and a token's embedding.";

export const LISTS = [
  { of: "promotes", title: "Raises most", unit: WRITES, none: "It raises no token's logit." },
  { of: "suppresses", title: "Lowers most", unit: WRITES, none: "It lowers no token's logit." },
  { of: "readsMost", title: "Reads most", unit: READS, none: "" },
  { of: "readsLeast", title: "Reads least", unit: READS, none: "" },
] as const satisfies readonly {
  of: TokenList & keyof NeuronResult;
  title: string;
  unit: string;
  none: string;
}[];

/** The list that each is read beside. */
export const OPPOSITE: Readonly<Record<TokenList, TokenList>> = {
  ...{ promotes: "suppresses", suppresses: "promotes" },
  ...{ readsMost: "readsLeast", readsLeast: "readsMost" },
};

export function listTable(
  items: readonly { readonly id: string; readonly label: string; readonly value: number }[],
  unit: string,
): DataTable {
  return {
    columns: [
      { name: "token", numeric: false },
      { name: "id", numeric: true },
      { name: unit, numeric: true },
    ],
    rows: items.map(({ id, label, value }) => [label, Number(id), value]),
  };
}

/** The edit that zeroes just this neuron, everywhere, if there is one. */
export function zeroEditOf(edits: readonly Edit[], layer: number, neuron: number): Edit | undefined {
  return edits.find(
    (edit) =>
      edit.kind === "zero" &&
      edit.site === "mlp.post" &&
      edit.strength === 1 &&
      edit.positions === undefined &&
      String(edit.layers) === String(layer) &&
      String(edit.dims) === String(neuron),
  );
}

export interface TokenActivation {
  readonly position: number;
  readonly token: string;
  readonly now: number;
  /** NaN without edits. */
  readonly baseline: number;
}

/** One neuron's activation at every position of a captured MLP. */
export async function readNeuron(
  { readTensor }: Pick<EngineApi, "readTensor">,
  tensor: TensorRef | undefined,
  neuron: number,
): Promise<Float32Array | undefined> {
  if (!tensor) return undefined;
  const { id, shape } = tensor;
  const [rows = 0] = shape;
  const whole = { leading: [], maxRows: rows, maxCols: 1 };
  return (await readTensor({ id, rows: [0, rows], cols: [neuron, neuron + 1], ...whole })).data;
}

export function activationRows(
  tokens: readonly string[],
  now: Float32Array,
  baseline: Float32Array | undefined,
): TokenActivation[] {
  return tokens.map((token, position) => ({
    ...{ position, token },
    now: now[position] ?? NaN,
    baseline: baseline?.[position] ?? NaN,
  }));
}

/** Those of largest |activation|, equals in order of position. */
export function strongest(rows: readonly TokenActivation[], count: number): TokenActivation[] {
  const size = ({ now, baseline }: TokenActivation) => Math.max(Math.abs(now) || 0, Math.abs(baseline) || 0);
  return rows.toSorted((a, b) => size(b) - size(a)).slice(0, count);
}

export function activationTable(rows: readonly TokenActivation[], hasBaseline: boolean): DataTable {
  return {
    columns: [
      { name: "position", numeric: true },
      { name: "token", numeric: false },
      { name: hasBaseline ? "now" : "activation", numeric: true },
      ...(hasBaseline ? [{ name: "baseline", numeric: true }] : []),
    ],
    rows: rows.map(({ position, token, now, baseline }) => [
      position,
      token,
      now,
      ...(hasBaseline ? [baseline] : []),
    ]),
  };
}

/** Tokens that are written out around one: at most so many. */
export function shownTokens(count: number, around: number, most: number): readonly [number, number] {
  const first = Math.max(0, Math.min(around - Math.floor(most / 2), count - most));
  return [first, Math.min(count, first + most)];
}
