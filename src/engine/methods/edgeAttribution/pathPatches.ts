/**
 * Exact edges, by path patching (Wang et al. 2022, arXiv 2211.00593; Goldowsky-Dill et al. 2023, arXiv 2304.05969): the input
 * reads the prompt's stream with the source's part as in the donor, and everything after it follows.
 *
 *   1. a row whose stream is changed where the input reads it says what the input makes of it
 *   2. a row whose input makes that, and nothing else is changed, says the metric
 */
import type { Pauser } from "../../../protocol/cancel";
import type { Scalar } from "../../../protocol/gradients/gradients";
import type { AffineChange } from "../../../protocol/interventions";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import type { Edge, Source } from "./edgeGraph";
import { get, setTo, type Written } from "./nodeOutputs";

/** The scalar of each edge; `take` is given every batch as it is done. */
export async function pathPatches<E extends Edge>(
  model: Model,
  tokens: readonly number[],
  edges: readonly E[],
  differences: ReadonlyMap<Source, Written>,
  terms: Scalar,
  pauser: Pauser,
  take: (edges: readonly E[], values: readonly number[], rows: number) => void,
): Promise<void> {
  const { length } = tokens;
  for (const batch of batchesOf(edges, () => length, batchTokens(model, length, false))) {
    await pauser.pause();
    const changed = batch.map(({ source, input }): AffineChange => {
      return { ...setTo(input.stream, get(differences, source), length), keep: 1 };
    });
    const isLast = ({ input }: Edge) => input.node.kind === "logits";
    const through = batch.flatMap((edge, i) => (isLast(edge) ? [] : [i]));
    const capture = [...new Set(through.map((i) => batch[i]?.input.made ?? ""))];
    const rows = through.map((i) => ({ tokens, interventions: changed.slice(i, i + 1) }));
    const { captures } = rows.length > 0 ? await run(model, { rows, capture }) : { captures: [] };
    const made = batch.map(({ input }, i): AffineChange[] => {
      const row = through.indexOf(i);
      const found = captures.find((one) => one.row === row && one.site === input.made);
      return found ? [setTo(input.made, found.data, length, input.head)] : changed.slice(i, i + 1);
    });
    const finals = made.map((interventions) => ({ tokens, interventions }));
    take(batch, await scalarValues(model, finals, terms, pauser), rows.length + finals.length);
  }
}
