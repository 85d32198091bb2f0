/** The stack of edits: applied in order, each shown as a chip, all of it carried by links. */
import type { Edit } from "../../protocol/interventions";

/** Everything of an edit but what the stack itself keeps. Distributes over the kinds. */
export type NewEdit = Edit extends infer E ? (E extends Edit ? Omit<E, "id" | "on"> : never) : never;

export class EditStack {
  all = $state.raw<readonly Edit[]>([]);
  #nextId = 1;

  /** Those that are switched on: what the engine is given. */
  readonly active = $derived(this.all.filter(({ on }) => on));

  add(edit: NewEdit): Edit {
    const added = { ...edit, id: `e${this.#nextId++}`, on: true } as Edit;
    this.all = [...this.all, added];
    return added;
  }

  /** Restores a stack, from a link. Ids are given anew. */
  set(edits: readonly Edit[]): void {
    this.all = edits.map((edit) => ({ ...edit, id: `e${this.#nextId++}` }));
  }

  replace(id: string, edit: NewEdit): void {
    this.all = this.all.map((old) => (old.id === id ? ({ ...edit, id, on: old.on } as Edit) : old));
  }

  toggle(id: string): void {
    this.all = this.all.map((edit) => (edit.id === id ? { ...edit, on: !edit.on } : edit));
  }

  remove(id: string): void {
    this.all = this.all.filter((edit) => edit.id !== id);
  }

  /** Earlier (-1) or later (1) in the order. */
  move(id: string, by: 1 | -1): void {
    const from = this.all.findIndex((edit) => edit.id === id);
    const to = from + by;
    const edit = this.all[from];
    if (!edit || to < 0 || to >= this.all.length) return;
    const rest = this.all.filter((_, i) => i !== from);
    this.all = [...rest.slice(0, to), edit, ...rest.slice(to)];
  }

  clear(): void {
    this.all = [];
  }
}
