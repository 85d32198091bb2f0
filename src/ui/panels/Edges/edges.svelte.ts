/** What the panel asks the engine: the other prompt, the tokens of the metric, edges with their check, kept graphs. */
import type { EdgeAttributionRequest, EdgeAttributionResult } from "../../../protocol/gradients/attributions";
import { isComplaint, type Complaint } from "../../../client/metrics/complaint";
import { metricText, metricUnit } from "../../../client/metrics/metric";
import { textOf, type Donor } from "../../../client/tokens/donor";
import { donorPrompt, metricTops, type Tops } from "../../../client/tokens/donorPrompt";
import { tokenLabel } from "../../../client/tokens/tokenText";
import { WAIT, type Next, type Query, type Question } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { shapeOf, type GraphShape } from "./nodes";
import { edgesRequest } from "./request";
import type { Settings } from "./settings";

/** One question, with what its answer is called. */
export interface Asked {
  readonly request: EdgeAttributionRequest;
  readonly shape: GraphShape;
  readonly metric: string;
  /** Of the metric and of effects. */
  readonly unit: string;
  /** Where the two prompts differ, in words. */
  readonly differs: string;
}

export interface Found extends Asked {
  readonly result: EdgeAttributionResult;
  /** Nothing is left to come. */
  readonly complete: boolean;
}

const NOTHING_DONE = { done: 0, total: 1 };

export class EdgesState {
  readonly donor: Query<Donor | undefined>;
  readonly tops: Query<Tops>;
  readonly found: Query<Found>;
  readonly curve: Query<Found>;
  /** How far the newest questions are. */
  progress = $state.raw(NOTHING_DONE);
  curveProgress = $state.raw(NOTHING_DONE);

  constructor(
    private readonly session: Session,
    readonly view: Settings,
  ) {
    this.donor = session.query();
    this.tops = session.query();
    this.found = session.query();
    this.curve = session.query();
  }

  /** There are tokens, and nobody writes more. */
  get #isReady(): boolean {
    const { model, generating, tokens } = this.session;
    return model !== undefined && !generating && tokens.length > 0;
  }

  findDonor(): Next<Donor | undefined> {
    const { session, view } = this;
    const { tokens, position } = session;
    const typed = view.other;
    return this.#isReady ? () => donorPrompt(session, typed, tokens, position) : WAIT;
  }

  /** Edits are no part of it: edges are the model's own. */
  findTops(): Next<Tops> {
    const { session, view } = this;
    const { tokens, position } = session;
    const typed = { target: view.target, minus: view.minus };
    const { value: donor, busy } = this.donor;
    if (!this.#isReady || busy) return WAIT;
    const prompt = { tokens: tokens.map(({ id }) => id), edits: [] };
    const other = donor && { text: textOf(donor.tokens), tokens: donor.tokens.map(({ id }) => id) };
    return (runId) => metricTops(session, { prompt, position, other, typed }, runId);
  }

  /** What would be asked now, or why nothing can be; undefined until the prompts are read. */
  get asked(): Asked | Complaint | undefined {
    const { session, view, donor, tops } = this;
    const { model, tokens, position } = session;
    if (!model || !this.#isReady || donor.busy || tops.busy || !tops.value) return undefined;
    const other = donor.value?.tokens;
    const { target, minus } = tops.value;
    const request = edgesRequest(view, {
      prompt: { text: textOf(tokens), tokens: tokens.map(({ id }) => id) },
      donor: other && { text: textOf(other), tokens: other.map(({ id }) => id) },
      ...{ position, target: target?.id, minus: minus?.id },
    });
    if (isComplaint(request)) return request;
    const { kind } = request.metric;
    const label = (text: string | undefined) => tokenLabel(text ?? "");
    return {
      ...{ request, shape: shapeOf(model), unit: metricUnit(kind) },
      metric: metricText({ kind }, label(target?.text), label(minus?.text)),
      differs: differsText(tokens, other ?? []),
    };
  }

  estimate(asked: Asked): Question<Found> {
    return this.#ask(
      asked,
      (so) => (this.progress = so),
      ({ edges }) => edges.length > 0,
    );
  }

  keepGraphs(asked: Asked): Question<Found> {
    return this.#ask(
      asked,
      (so) => (this.curveProgress = so),
      ({ graphs }) => graphs.length > 0,
    );
  }

  /** The answer before stays until there is something of this one to see. */
  #ask(
    asked: Asked,
    show: (so: { readonly done: number; readonly total: number }) => void,
    isSome: (result: EdgeAttributionResult) => boolean,
  ): Question<Found> {
    const { engine } = this.session;
    return async (runId, partial, isNewest) => {
      show(NOTHING_DONE);
      const result = await engine.edgeAttribution(asked.request, runId, (so) => {
        if (!isNewest()) return;
        show(so);
        if (isSome(so)) partial({ ...asked, result: so, complete: false });
      });
      return { ...asked, result, complete: true };
    };
  }
}

/** Differences that are listed one by one. */
const FEW_PLACES = 3;

function differsText(tokens: Donor["tokens"], other: Donor["tokens"]): string {
  const differing = other.flatMap(({ id, text }, i) =>
    id === tokens[i]?.id
      ? []
      : [`“${tokenLabel(text)}” for “${tokenLabel(tokens[i]?.text ?? "")}” at position ${i}`],
  );
  return differing.length > FEW_PLACES ? `${differing.length} other tokens` : differing.join(", ");
}
