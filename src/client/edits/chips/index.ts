/** Every kind of edit by its name, as the first view knows it. */
import type { Edit, EditKind } from "../../../protocol/interventions";
import { add } from "./add";
import { freeze } from "./freeze";
import type { EditKindWords } from "./chip";
import { knockOut } from "./knockOut";
import { latent } from "./latent";
import { mask } from "./mask";
import { mean } from "./mean";
import { patch } from "./patch";
import { resample } from "./resample";
import { scale } from "./scale";
import { score } from "./score";
import { token } from "./token";
import { zero } from "./zero";

const KINDS: { readonly [K in EditKind]: EditKindWords<K> } = {
  zero,
  mean,
  resample,
  patch,
  scale,
  add,
  knockOut,
  mask,
  score,
  token,
  freeze,
  latent,
};

/** Each kind's functions take exactly that kind: the table says so, but not to the compiler. */
export const wordsOf = ({ kind }: Edit) => KINDS[kind] as EditKindWords<EditKind>;
