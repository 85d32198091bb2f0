/** Attention scores by position: set to a value before the softmax, or raised by it, in chosen heads and layers. */
import { layersOf, type Resolve } from "./resolve";

export const score: Resolve<"score"> = ({ heads, pairs, op, value, ...edit }, { model }) =>
  layersOf(edit, model).map((layer) => ({
    kind: "score" as const,
    layer,
    pairs,
    op,
    value,
    ...(heads && { heads }),
  }));
