/** Latents taken out of what their dictionaries write, at all its sites, one at a time, in the model as it is: nothing held constant. */
import type { Pauser } from "../../../protocol/cancel";
import type { Scalar } from "../../../protocol/gradients/gradients";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { withoutLatent } from "../../interp/sae/latentAblation";
import type { Model } from "../../models/model";
import { writtenBy, type LatentSource, type ReadPrompt } from "./dictionaries";

/** The scalar without each, the error term kept; `take` is given every batch as it is done. */
export async function ablations<L extends { readonly source: LatentSource }>(
  model: Model,
  { prompt }: ReadPrompt,
  latents: readonly L[],
  scalar: Scalar,
  pauser: Pauser,
  take: (latents: readonly L[], values: readonly number[]) => void,
): Promise<void> {
  const { tokens, interventions } = prompt;
  for (const batch of batchesOf(latents, () => tokens.length, batchTokens(model, tokens.length, true))) {
    const rows = batch.map(({ source: { dictionary, row, position, amount } }) => {
      const { dOut } = dictionary.sae.description;
      const without = writtenBy(dictionary).map(({ site, decoder }) =>
        withoutLatent(site, decoder.slice(row * dOut, (row + 1) * dOut), [{ position, amount }]),
      );
      return { tokens, interventions: [...interventions, ...without] };
    });
    take(batch, await scalarValues(model, rows, scalar, pauser));
  }
}
