/** Examples of a corpus: the part of a context that is shown, and rows for export. */
import type { CorpusExample, CorpusLatentResult } from "../../../../protocol/sae/features";
import type { DataTable } from "../../../charts/dataTable";
import { formatNumber, formatProbability } from "../../../../client/format";
import { tokenLabel } from "../../../../client/tokens/tokenText";
import type { TextOf } from "../../../../client/tokens/tokenTargets";
import { windowAround } from "./windows";

/** Tokens around the one that an example stands for. */
const WINDOW = 48;

export interface ShownPart {
  readonly first: number;
  readonly tokens: readonly string[];
  readonly values: Float32Array;
}

export function shownPart(
  { tokens, values, at }: CorpusExample,
  isWhole: boolean,
  textOf: TextOf,
): ShownPart {
  const [first, end] = isWhole ? [0, tokens.length] : windowAround(tokens.length, at, WINDOW);
  const labels = tokens.slice(first, end).map((id) => tokenLabel(textOf(id)));
  return { first, tokens: labels, values: values.slice(first, end) };
}

/** Every example once: those at the top, then those of each interval. */
export function allExamples({ top, sampled }: CorpusLatentResult): CorpusExample[] {
  return [...top, ...sampled.flatMap(({ examples }) => examples)];
}

/** Colours are by one scale over all examples. */
export const largestValue = (result: CorpusLatentResult) =>
  allExamples(result).reduce(
    (most, { values }) => values.reduce((largest, value) => Math.max(largest, value), most),
    0,
  );

/** The numbers of a latent over the corpus. */
export function statistics(result: CorpusLatentResult): readonly (readonly [name: string, value: string])[] {
  const { density, active, tokens, mean, meanSquare, skew, kurtosis, max } = result;
  const count = `${active.toLocaleString("en")} of ${tokens.toLocaleString("en")}`;
  return [
    ["density", `${density === 0 ? "0" : formatProbability(density)} (${count} tokens)`],
    ["E[a]", formatNumber(mean, 4)],
    ["E[a²]", formatNumber(meanSquare, 4)],
    ["skew E[a³]/E[a²]^1.5", formatNumber(skew, 2)],
    ["kurtosis E[a⁴]/E[a²]²", formatNumber(kurtosis, 2)],
    ["largest", formatNumber(max, 2)],
  ];
}

export function examplesTable(result: CorpusLatentResult, textOf: TextOf): DataTable {
  const row = (part: string) => (example: CorpusExample) => {
    const { document, at, value, tokens } = example;
    const text = tokens.map((id) => textOf(id)).join("");
    return [part, document, at, textOf(tokens[at] ?? -1), value, text];
  };
  const columns = ["part", "document", "position", "token", "activation", "context"].map((name, i) => ({
    name,
    numeric: [1, 2, 4].includes(i),
  }));
  const parts = result.sampled.flatMap(({ from, to, examples }) =>
    examples.map(row(`${formatNumber(from, 2)} to ${formatNumber(to, 2)}`)),
  );
  return { columns, rows: [...result.top.map(row("top")), ...parts] };
}
