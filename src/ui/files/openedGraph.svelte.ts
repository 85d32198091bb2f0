/** A graph with what a visitor marks in it, and the way back. */
import type { GraphFile, Marks } from "../../client/graph/graph";

/** Steps back. */
const MOST_PAST = 100;

/** Pins, groups and names of one graph, and the way back. */
export class Marking {
  #past = $state.raw<readonly Marks[]>([]);

  constructor(
    private readonly read: () => Marks,
    private readonly write: (marks: Marks) => void,
  ) {}

  get marks(): Marks {
    return this.read();
  }

  set(next: Marks): void {
    const { marks } = this;
    if (next === marks) return;
    this.#past = [...this.#past, marks].slice(-MOST_PAST);
    this.write(next);
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  undo(): void {
    const last = this.#past.at(-1);
    if (!last) return;
    this.#past = this.#past.slice(0, -1);
    this.write(last);
  }
}

export class OpenedGraph {
  #marks = $state.raw<Marks>() as Marks;
  readonly marking: Marking;
  /** Nodes up to this cumulative influence are shown; below zero: what the file says. */
  most = $state(-1);

  constructor(
    readonly name: string,
    readonly file: GraphFile,
  ) {
    this.#marks = file.marks;
    this.marking = new Marking(
      () => this.#marks,
      (marks) => (this.#marks = marks),
    );
  }
}
