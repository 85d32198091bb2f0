/**
 * Attention knock-out (Geva et al. 2023, arXiv 2304.14767): chosen queries do not see chosen keys, in chosen heads and
 * layers; the rest of their weights grows to a sum of one again. A token always sees itself.
 */
import { layersOf, type Resolve } from "./resolve";

export const knockOut: Resolve<"knockOut"> = ({ heads, queries, keys, ...edit }, { model }) =>
  layersOf(edit, model).map((layer) => ({
    kind: "knockOut" as const,
    layer,
    ...(heads && { heads }),
    ...(queries && { queries }),
    ...(keys && { keys }),
  }));
