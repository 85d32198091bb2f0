/** An edit while it is written: what stands in the editor's fields. `readDraft.ts` makes the edit of it. */
import type { ModelInfo } from "../../protocol/api";
import type { Edit, EditSite } from "../../protocol/interventions";
import { EDIT_KINDS, detailsOf, type EditDraft } from "./details/index";
import type { PointedAt, SharedDraft } from "./details/editDetails";
import { siteNames } from "./siteSize";

const FIRST_SITES: readonly EditSite[] = ["attn.z", "mlp_out", "resid_pre"];

export function newDraft(model: Pick<ModelInfo, "sites">, at: PointedAt): EditDraft {
  const names = siteNames(model);
  const site = FIRST_SITES.find((name) => names.includes(name)) ?? names[0] ?? "embed";
  const shared: SharedDraft = {
    ...{ kind: "zero", site, layers: String(at.layer), heads: String(at.head), dims: "", positions: "" },
    ...{ strength: 1, set: undefined, pairs: "", known: [] },
  };
  return Object.assign(shared, ...EDIT_KINDS.map((kind) => detailsOf(kind).first(at))) as EditDraft;
}

/** The fields of an edit that is already there; `isForeign`: its tokens are of another tokenizer. */
export function draftOf(edit: Edit, blank: EditDraft, isForeign: boolean): EditDraft {
  const said = edit as unknown as Readonly<Record<string, unknown>>;
  const fields = Object.entries(detailsOf(edit.kind).fields);
  const written = fields.map(([name, field]) => field.write(said[name], isForeign));
  return Object.assign({ ...blank, kind: edit.kind, layers: "", heads: "" }, ...written) as EditDraft;
}
