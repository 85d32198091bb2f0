/** Attribution graphs from the visitor's files, each with what was marked in it; they live as long as the page. */
import { messageOf } from "../../protocol/errors";
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

export class GraphFiles {
  list = $state.raw<readonly OpenedGraph[]>([]);
  /** The one that is looked at; without one: the graph of the prompt. */
  shown = $state.raw<OpenedGraph | undefined>();
  error = $state.raw<string | undefined>();

  /**
   * Opens those of the files that are graphs and shows the first. What there is to say of them, or undefined where none is
   * one; what was open stays. With `insist` that is an error.
   */
  async open(files: readonly File[], insist = false): Promise<string | undefined> {
    this.error = undefined;
    const { openGraphs } = await import("../files/openGraphs");
    const found = await openGraphs(files, insist);
    if (!found) return undefined;
    const opened = found.graphs.map(({ name, file }) => new OpenedGraph(name, file));
    this.list = [...this.list, ...opened];
    this.shown = opened[0];
    const said = opened.map(({ name, file: { graph } }) => {
      const [nodes, links] = [graph.nodes.length, graph.links.weight.length].map((n) =>
        n.toLocaleString("en"),
      );
      return `${name}: an attribution graph of ${graph.model || "an unnamed model"}, ${nodes} nodes, ${links} links.`;
    });
    const others = found.others.length > 0 ? [`No graph: ${found.others.join(", ")}.`] : [];
    return [...said, ...others].join(" ");
  }

  close(graph: OpenedGraph): void {
    this.list = this.list.filter((one) => one !== graph);
    if (this.shown === graph) this.shown = this.list.at(-1);
  }

  /** For a file input: an error is kept in words. */
  async pick(files: readonly File[]): Promise<void> {
    try {
      if (files.length > 0) await this.open(files, true);
    } catch (error) {
      this.error = messageOf(error);
    }
  }
}
