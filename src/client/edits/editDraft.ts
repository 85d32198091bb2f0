/** An edit while it is written: what stands in the editor's fields. `readDraft.ts` makes the edit of it. */
import { writePairs } from "../../protocol/writePairs";
import type { ModelInfo } from "../../protocol/api";
import type {
  Direction,
  Edit,
  EditKind,
  EditSite,
  MaskEdit,
  ScoreEdit,
  LatentEdit,
  LatentOp,
  NamedTokens,
  PromptSet,
} from "../../protocol/interventions";
import { formatIndices, writePositions } from "./indexList";
import { siteNames } from "./siteSize";

/** Lists are as typed; nothing means all. */
export interface EditDraft {
  kind: EditKind;
  site: EditSite;
  layers: string;
  heads: string;
  dims: string;
  /** "", "from 5" or a list. */
  positions: string;
  strength: number;
  factor: number;
  coefficient: number;
  set: PromptSet | undefined;
  by: "token" | "position";
  seed: number;
  /** The prompt that a patch takes values from. */
  other: string;
  align: "position" | "token";
  direction: Direction["kind"];
  plus: string;
  minus: string;
  over: "last" | "all";
  vector: { readonly name: string; readonly values: readonly number[] } | undefined;
  queries: string;
  keys: string;
  /** "3 <- 0..2; 5.. <- self", or a matrix. */
  pairs: string;
  maskOp: MaskEdit["op"];
  empty: MaskEdit["empty"];
  scoreOp: ScoreEdit["op"];
  value: number;
  position: number;
  text: string;
  what: "patterns" | "norms";
  /** The autoencoder whose latents change. */
  sae: LatentEdit["sae"] | undefined;
  latents: string;
  op: LatentOp;
  amount: number;
  error: LatentEdit["error"];
  /** Texts whose tokens are known: they are not read again, for they may not come from reading. */
  known: readonly NamedTokens[];
}

const FIRST_SITES: readonly EditSite[] = ["attn.z", "mlp_out", "resid_pre"];

export function newDraft(
  model: Pick<ModelInfo, "sites">,
  at: { readonly layer: number; readonly head: number; readonly position: number },
): EditDraft {
  const names = siteNames(model);
  const site = FIRST_SITES.find((name) => names.includes(name)) ?? names[0] ?? "embed";
  return {
    ...{ kind: "zero", site, layers: String(at.layer), heads: String(at.head), dims: "", positions: "" },
    ...{ strength: 1, factor: 0.5, coefficient: 1, set: undefined, by: "token", seed: 7 },
    ...{ other: "", align: "position", direction: "difference", plus: "", minus: "", over: "last" },
    ...{ vector: undefined, queries: "", keys: "", position: Math.max(0, at.position), text: "" },
    ...{ what: "patterns", known: [] },
    ...{ pairs: "", maskOp: "hide", empty: "zeros", scoreOp: "set", value: 0 },
    ...{ sae: undefined, latents: "", op: "ablate", amount: 0, error: "kept" },
  };
}

const list = (indices: readonly number[] | undefined) => (indices ? formatIndices(indices) : "");

/** The fields of an edit that is already there; `isForeign`: its tokens are of another tokenizer. */
export function draftOf(edit: Edit, blank: EditDraft, isForeign: boolean): EditDraft {
  const draft: EditDraft = { ...blank, kind: edit.kind, layers: "", heads: "" };
  const know = (...texts: NamedTokens[]) => (draft.known = isForeign ? [] : texts);
  if ("layers" in edit) draft.layers = list(edit.layers);
  if ("heads" in edit) draft.heads = list(edit.heads);
  if ("site" in edit) {
    draft.site = edit.site;
    draft.dims = list(edit.dims);
    draft.positions = writePositions(edit.positions);
  }
  if ("strength" in edit) draft.strength = edit.strength;
  switch (edit.kind) {
    case "mean":
      return { ...draft, set: isForeign ? undefined : edit.over, by: edit.by };
    case "resample":
      return { ...draft, set: isForeign ? undefined : edit.from, seed: edit.seed };
    case "patch":
      know(edit.from);
      return { ...draft, other: edit.from.text, align: edit.align };
    case "scale":
      return { ...draft, factor: edit.factor };
    case "add": {
      const { direction, coefficient } = edit;
      if (direction.kind === "vector")
        return { ...draft, coefficient, direction: "vector", vector: direction };
      const { plus, minus, over } = direction;
      know(plus, minus);
      return { ...draft, coefficient, direction: "difference", plus: plus.text, minus: minus.text, over };
    }
    case "knockOut":
      return { ...draft, queries: writePositions(edit.queries), keys: writePositions(edit.keys) };
    case "mask":
      return { ...draft, pairs: writePairs(edit.pairs), maskOp: edit.op, empty: edit.empty };
    case "score":
      return { ...draft, pairs: writePairs(edit.pairs), scoreOp: edit.op, value: edit.value };
    case "token":
      return { ...draft, position: edit.position, text: edit.text };
    case "freeze":
      return { ...draft, what: edit.what };
    case "latent": {
      const { sae, op, amount, error } = edit;
      const positions = writePositions(edit.positions);
      return { ...draft, sae, op, amount, error, positions, latents: list(edit.latents) };
    }
    default:
      return draft;
  }
}
