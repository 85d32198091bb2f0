/**
 * A mask by position: chosen queries do not see chosen keys, or see them alone, in chosen heads and layers. Unlike a
 * knock-out it can hide a token from itself; a row that sees nothing is then zero, or uniform, as the edit says.
 */
import { layersOf, type Resolve } from "./resolve";

export const mask: Resolve<"mask"> = ({ heads, pairs, op, empty, ...edit }, { model }) =>
  layersOf(edit, model).map((layer) => ({
    kind: "mask" as const,
    layer,
    pairs,
    op,
    empty,
    ...(heads && { heads }),
  }));
