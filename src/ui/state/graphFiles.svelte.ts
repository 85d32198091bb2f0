/** Attribution graphs from the visitor's files, each with what was marked in it; they live as long as the page. */
import { messageOf } from "../../protocol/errors";
import type { OpenedGraph } from "../files/openedGraph.svelte";

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
    this.list = [...this.list, ...found.graphs];
    this.shown = found.graphs[0];
    return found.said;
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
