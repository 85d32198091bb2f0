/** Every kind of intervention by its name. */
import type { Intervention } from "../../../../protocol/interventions";
import { affine } from "./affine";
import type { ChangeKind } from "./change";
import { knockOut } from "./knockOut";
import { latents } from "./latents";
import { mask } from "./mask";
import { score } from "./score";

type Kind = Intervention["kind"];
const KINDS: { readonly [K in Kind]: ChangeKind<K> } = { affine, knockOut, mask, score, latents };

/** Each kind's functions take exactly that kind: the table says so, but not to the compiler. */
export const changeKind = ({ kind }: Intervention) => KINDS[kind] as ChangeKind<Kind>;
