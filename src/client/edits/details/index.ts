/** Every kind of edit by its name, with all that the page knows of it beyond its words; in the order of the editor's list. */
import type { EditKind } from "../../../protocol/interventions";
import { add } from "./add";
import { freeze } from "./freeze";
import type { Field, EditDetails, SharedDraft } from "./editDetails";
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

const KINDS = {
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
} satisfies { readonly [K in EditKind]: { readonly kind: K } };

export const EDIT_KINDS = Object.keys(KINDS) as EditKind[];

type OwnDraft = ReturnType<(typeof KINDS)[EditKind]["first"]>;
type All<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never;
/** An edit while it is written: what stands in the editor's fields, of every kind. `readDraft` makes the edit of it. */
export type EditDraft = SharedDraft & All<OwnDraft>;

type AnyKind = Omit<EditDetails<EditKind, EditDraft>, "fields"> & {
  readonly fields: Readonly<Record<string, Field<unknown, EditDraft>>>;
};
/** Each kind's functions take exactly that kind: the table says so, but not to the compiler. */
export const detailsOf = (kind: EditKind) => KINDS[kind] as unknown as AnyKind;
