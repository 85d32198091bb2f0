/** The graph that is looked at (a file's, or the prompt's), what is chosen and marked in it, and what is asked of the engine. */
import type { AttributionGraphRequest, AttributionGraphResult } from "../../../protocol/gradients/graphs";
import type { SaeInfo } from "../../../protocol/sae/features";
import type { GraphFile, Marks } from "../../../client/graph/graph";
import { publicGraphOf } from "../../../client/graph/fromResult";
import { Neighbours } from "../../../client/graph/links";
import { marksFromLists, marksToLists } from "../../../client/graph/marks";
import { shownLinks, shownNodes } from "../../../client/graph/prune";
import { readGraph } from "../../../client/graph/readGraph";
import { choice } from "../../../client/choice";
import { latentName } from "../../../client/sae/latentCode";
import { namedToken, tokenTexts } from "../../../client/tokens/tokenTargets";
import { captionOf } from "../../state/caption";
import { Marking } from "../../files/openedGraph.svelte";
import type { Query, Question } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { attachedKinds, dictionariesOf, requestOf, type Asking } from "./request";
import type { GRAPH_DEFAULTS } from "./settings";

type Widened<T> = T extends number ? number : T extends boolean ? boolean : T extends string ? string : T;
export type Settings = {
  -readonly [K in keyof typeof GRAPH_DEFAULTS]: Widened<(typeof GRAPH_DEFAULTS)[K]>;
};

/** A graph of the prompt, with what was asked. */
export interface Found {
  readonly request: AttributionGraphRequest;
  readonly result: AttributionGraphResult;
  readonly file: GraphFile;
  readonly saes: readonly SaeInfo[];
  /** Model, device, edits and settings. */
  readonly caption: string;
  readonly complete: boolean;
}

/** A partial answer is not made into a drawing more often. */
const PARTIAL_MS = 400;

export class GraphsState {
  readonly found: Query<Found>;
  progress = $state.raw({ done: 0, total: 1 });
  /** Ids of the nodes that are looked at: one, or the members of a group. */
  #chosen = $state.raw<readonly string[]>([]);
  pointed = $state.raw<number | undefined>();
  readonly #own: Marking;

  constructor(
    readonly session: Session,
    readonly view: Settings,
  ) {
    this.found = session.query();
    this.#own = new Marking(
      () => marksFromLists(view),
      (marks) => Object.assign(view, marksToLists(marks)),
    );
  }

  /** The file that is shown instead of the prompt's graph. */
  get opened() {
    return this.session.graphs.shown;
  }

  readonly file: GraphFile | undefined = $derived.by(() => this.opened?.file ?? this.found.value?.file);

  get marking(): Marking {
    return this.opened?.marking ?? this.#own;
  }

  readonly marks: Marks = $derived.by(() => this.marking.marks);
  readonly indexOf: ReadonlyMap<string, number> = $derived(
    new Map(this.file?.graph.nodes.map(({ id }, i) => [id, i])),
  );
  /** Nodes that are looked at; a partial answer numbers them anew. */
  readonly chosen: readonly number[] = $derived(this.#indices(this.#chosen));
  readonly pinned: readonly number[] = $derived(this.#indices(this.marks.pinned));
  readonly most: number = $derived.by(() => {
    const given = this.opened ? this.opened.most : this.view.shown;
    return given >= 0 ? given : (this.file?.graph.nodeThreshold ?? 1);
  });
  readonly neighbours: Neighbours | undefined = $derived(this.file && new Neighbours(this.file.graph));
  readonly shown: Uint8Array = $derived(
    this.file ? shownNodes(this.file.graph, this.most, this.marks) : new Uint8Array(0),
  );
  readonly links: Int32Array = $derived(
    this.file ? shownLinks(this.file.graph, this.shown) : new Int32Array(0),
  );
  /** Of grouped nodes, their group's number from 1. */
  readonly groupOf: ReadonlyMap<number, number> = $derived(
    new Map(
      this.marks.groups.flatMap(({ ids }, i) => this.#indices(ids).map((node) => [node, i + 1] as const)),
    ),
  );

  #indices(ids: readonly string[]): number[] {
    return ids.flatMap((id) => this.indexOf.get(id) ?? []);
  }

  members(group: number): readonly number[] {
    return this.#indices(this.marks.groups[group]?.ids ?? []);
  }

  choose(node: number | undefined): void {
    const id = this.file?.graph.nodes[node ?? -1]?.id;
    this.#chosen = id === undefined ? [] : [id];
  }

  chooseGroup(group: number): void {
    this.#chosen = this.marks.groups[group]?.ids ?? [];
  }

  /** The prediction that is explained: what a graph opens with. */
  chooseTarget(): void {
    const nodes = this.file?.graph.nodes ?? [];
    const target = nodes.findIndex(({ isTarget }) => isTarget);
    this.choose(target >= 0 ? target : nodes.findIndex(({ kind }) => kind === "logit"));
  }

  /** Shows nodes up to this cumulative influence. */
  show(most: number): void {
    if (this.opened) this.opened.most = most;
    else this.view.shown = most;
  }

  get kinds() {
    return attachedKinds(this.session.saes.list);
  }

  /** What would be asked now; undefined where something is missing. */
  get asking(): Asking | undefined {
    const { session, view, kinds } = this;
    const { prompt, position } = session;
    const [first] = kinds;
    if (!prompt || !first || position < 0) return undefined;
    const { mass, mostTargets, mostLatents, nodeThreshold, linkThreshold, check } = view;
    return {
      ...{ prompt, position, mass, mostTargets, mostLatents, nodeThreshold, linkThreshold, check },
      saes: dictionariesOf(session.saes.list, choice(kinds, view.dictionaries, first)),
      target: undefined,
    };
  }

  compute(asking: Asking): Question<Found> {
    const { session, view } = this;
    const { engine, model } = session;
    const typed = view.target;
    const caption = captionOf(session, [
      `after position ${asking.position}`,
      `dictionaries ${asking.saes.map(({ name }) => name).join(", ")}`,
      `at most ${asking.mostLatents} latents, node threshold ${asking.nodeThreshold}, link threshold ${asking.linkThreshold}`,
    ]);
    return async (runId, partial, isNewest) => {
      this.progress = { done: 0, total: 1 };
      const named = typed === "" ? undefined : await namedToken(session, typed);
      const request = requestOf({ ...asking, target: named?.token.id });
      const read = async (result: AttributionGraphResult, complete: boolean): Promise<Found> => {
        const file = await this.#fileOf(request, result, asking.saes, model, caption);
        return { request, result, file, saes: asking.saes, caption, complete };
      };
      let last = 0;
      const result = await engine.attributionGraph(request, runId, (so) => {
        if (!isNewest()) return;
        this.progress = so;
        const now = performance.now();
        if (now - last < PARTIAL_MS || so.nodes.length === 0) return;
        last = now;
        void read(so, false).then((found) => {
          if (this.progress.done < this.progress.total) partial(found);
        });
      });
      return read(result, true);
    };
  }

  async #fileOf(
    request: AttributionGraphRequest,
    result: AttributionGraphResult,
    saes: readonly SaeInfo[],
    model: Session["model"],
    provenance: string,
  ): Promise<GraphFile> {
    const { session } = this;
    const logits = result.nodes.flatMap((node) => (node.kind === "logit" ? [node.token] : []));
    const textOf = await tokenTexts(session.engine, [...result.tokens, ...logits]);
    const labelOf = (id: number, latent: number) => {
      const sae = saes.find((one) => one.id === id);
      const label = sae && session.saes.labels.of(sae, latent);
      return label ? latentName(latent, label) : "";
    };
    const made = publicGraphOf(result, {
      model: model ?? { name: "", sha256: "", nLayers: 0 },
      ...{ provenance, saes, request, textOf, labelOf },
      tokenTexts: result.tokens.map(textOf),
    });
    return readGraph("the prompt's graph", made);
  }
}
