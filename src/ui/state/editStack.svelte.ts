/**
 * The stack of edits: applied in order, each shown as a chip, all of it carried by links. An edit that does not fit
 * the loaded model is kept, but off: it acts again when a model that it fits is loaded.
 */
import type { Edit, NewEdit } from "../../protocol/interventions";
import { misfit, vocabularyOf } from "../../client/edits/editFit";
import type { FitModel } from "../../client/edits/chips/chip";

export class EditStack {
  all = $state.raw<readonly Edit[]>([]);
  /** All are off for the moment, whatever their own switches say. */
  paused = $state(false);
  #nextId = 1;
  /** Of each edit: the vocabulary that its tokens are of. */
  readonly #vocabularies = new Map<string, string>();

  constructor(
    /** What the edits act on; the session. */
    private readonly reader: {
      readonly model: FitModel | undefined;
      readonly saes?: { readonly attached: ReadonlySet<string> };
    } = { model: undefined },
  ) {}

  /** Why edits cannot act on the loaded model, by their ids. */
  readonly misfits: ReadonlyMap<string, string> = $derived.by(() => {
    const { model, saes } = this.reader;
    if (!model) return new Map();
    const pairs = this.all.map(({ id, ...edit }) => {
      const why = misfit({ ...edit, id } as Edit, model, this.#vocabularies.get(id), saes?.attached);
      return [id, why] as const;
    });
    return new Map(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
  });

  /** Those that are switched on and fit: what the engine is given. */
  readonly active: readonly Edit[] = $derived(
    this.paused ? [] : this.all.filter(({ id, on }) => on && !this.misfits.has(id)),
  );

  add(edit: NewEdit): Edit {
    const added = { ...edit, id: this.#newId(), on: true } as Edit;
    this.#remember(added.id);
    this.all = [...this.all, added];
    // What was just added is meant to be seen.
    this.paused = false;
    return added;
  }

  /** Restores a stack, from a link. Ids are given anew. `vocabulary`: of the model that it was made on. */
  set(edits: readonly Edit[], vocabulary?: string): void {
    this.all = edits.map((edit) => ({ ...edit, id: this.#newId() }));
    for (const { id } of this.all) this.#remember(id, vocabulary);
    this.paused = false;
  }

  replace(id: string, edit: NewEdit): void {
    this.all = this.all.map((old) => (old.id === id ? ({ ...edit, id, on: old.on } as Edit) : old));
    this.#remember(id);
  }

  /** Changes how strong an edit is; the tokens that it holds stay what they were. */
  adjust(id: string, change: (edit: Edit) => Edit): void {
    this.all = this.all.map((old) => (old.id === id ? change(old) : old));
  }

  toggle(id: string): void {
    this.all = this.all.map((edit) => (edit.id === id ? { ...edit, on: !edit.on } : edit));
  }

  remove(id: string): void {
    this.all = this.all.filter((edit) => edit.id !== id);
    this.#vocabularies.delete(id);
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
    this.#vocabularies.clear();
    this.paused = false;
  }

  #newId(): string {
    return `e${this.#nextId++}`;
  }

  #remember(id: string, vocabulary?: string): void {
    const { model } = this.reader;
    const known = vocabulary ?? (model && vocabularyOf(model));
    if (known !== undefined) this.#vocabularies.set(id, known);
  }
}
