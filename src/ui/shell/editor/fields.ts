/** What the fields of every kind of edit are given: what stands in them, and where changes go. */
import type { EditDraft } from "../../../client/edits/details/index";

export interface FieldsProps {
  readonly draft: EditDraft;
  readonly change: (fields: Partial<EditDraft>) => void;
}
