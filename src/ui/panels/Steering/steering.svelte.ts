/** What the panel asks the engine: directions from the pairs, and what adding them does to a metric. */
import type { Metric } from "../../../protocol/analysis";
import { messageOf } from "../../../protocol/errors";
import type { Edit, EditedPrompt } from "../../../protocol/interventions";
import {
  CENTRINGS,
  DIRECTION_METHODS,
  RESIDUAL_SITES,
  type ResidualSite,
  type SteeringEffectRequest,
  type SteeringEffectResult,
  type SteeringFile,
  type SteeringVectorsRequest,
  type SteeringVectorsResult,
} from "../../../protocol/steering";
import { choice } from "../../../client/choice";
import { readTypedPairs, type PairTexts } from "../../../client/steering/contrastPairs";
import {
  directionsOf,
  fileDirections,
  LENGTHS,
  misfitOf,
  type LayerDirection,
} from "../../../client/steering/directions";
import { LEDGER_SIGNS, ledgerPairs } from "../../../client/steering/ledgerPairs";
import { followedTokens, type Targets } from "../../../client/tokens/tokenTargets";
import type { Query, Question } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { effectTokens, isOfName, readPairs, steeringEdit, type ReadPair } from "./requests";
import { AUTO_LAYER, MEASURED, METHOD_NAMES, METRICS, OVERS, SOURCES, type Settings } from "./settings";
import { strongestLayer } from "./view";

/** Draws of the null control of directions. */
const SHUFFLES = 20;
/** Characters of a direction's name. */
const MAX_NAME = 200;

export interface Made {
  readonly pairs: readonly ReadPair[];
  readonly name: string;
  readonly request: SteeringVectorsRequest;
  readonly result: SteeringVectorsResult;
  readonly complete: boolean;
}

export interface Effect {
  readonly request: SteeringEffectRequest;
  readonly result: SteeringEffectResult;
  readonly metric: string;
  readonly on: string;
  readonly complete: boolean;
}

export class SteeringState {
  readonly targets: Query<Targets>;
  readonly made: Query<Made>;
  readonly effect: Query<Effect>;
  progress = $state.raw({ done: 0, total: 1 });

  constructor(
    private readonly session: Session,
    readonly view: Settings,
  ) {
    this.targets = session.query();
    this.made = session.query();
    this.effect = session.query();
  }

  get source() {
    return choice(SOURCES, this.view.source, "ledger");
  }
  get method() {
    return choice(DIRECTION_METHODS, this.view.method, "meanDifference");
  }
  get metric() {
    return choice(METRICS, this.view.metric, "logitDifference");
  }
  /** A file's directions say their site themselves, and have no held-out pairs. */
  get site(): ResidualSite {
    return this.file?.site ?? choice(RESIDUAL_SITES, this.view.site, "resid_post");
  }
  get measured() {
    return this.source === "file" ? "prompt" : choice(MEASURED, this.view.measured, "pairs");
  }
  get at() {
    return choice(OVERS, this.view.at, "all");
  }

  /** The file whose directions are used, if it is one's turn. */
  get file(): SteeringFile | undefined {
    return this.source === "file" ? this.session.directions.file : undefined;
  }

  /** Pairs as texts, or why there are none. */
  readonly pairs = $derived.by((): { texts: readonly PairTexts[]; name: string; error?: string } => {
    const { source, count, firstSeed, pairs } = this.view;
    const { model } = this.session;
    if (source === "ledger" && model && !model.hasTokenizer)
      return {
        ...{ texts: [], name: "" },
        error: `${model.name} has no tokenizer: open its tokenizer.json, or type pairs of token ids under “pairs of my own”.`,
      };
    if (source === "ledger")
      return {
        texts: ledgerPairs(firstSeed, count),
        name: `gain − loss, ${count} pairs from seed ${firstSeed}`,
      };
    if (source !== "own" || pairs === "") return { texts: [], name: "" };
    try {
      const texts = readTypedPairs(pairs);
      return { texts, name: `${texts.length} pairs of my own` };
    } catch (error) {
      return { texts: [], name: "", error: messageOf(error) };
    }
  });

  make(): Question<Made> | undefined {
    const { session, view, site } = this;
    const { texts, name } = this.pairs;
    // Asked again where a prompt begins otherwise.
    void session.addBos;
    if (!session.model || texts.length < 2) return undefined;
    const { testShare, seed } = view;
    const over = choice(OVERS, view.over, "last");
    const centring = choice(CENTRINGS, view.centring, "none");
    return async (runId, partial, isNewest) => {
      this.progress = { done: 0, total: 1 };
      const pairs = await readPairs(texts, session.promptTokens);
      const settings = { site, over, centring, testShare, shuffles: SHUFFLES, seed };
      const plain = pairs.map(({ positive, negative }) => ({ positive, negative }));
      const request: SteeringVectorsRequest = { pairs: plain, ...settings };
      const of = (result: SteeringVectorsResult, complete: boolean): Made => ({
        ...{ pairs, name, request, result, complete },
      });
      const result = await session.engine.steeringVectors(request, runId, (so) => {
        if (!isNewest()) return;
        this.progress = so;
        if (so.layers.length > 0) partial(of(so, false));
      });
      return of(result, true);
    };
  }

  /** Why a file's directions cannot be used. */
  readonly misfit = $derived.by(() => {
    const { model } = this.session;
    return model && this.file ? misfitOf(this.file, model) : undefined;
  });

  /** Those that are added: one for each layer that has one. */
  readonly directions = $derived.by((): readonly LayerDirection[] => {
    if (this.source === "file") return this.file && !this.misfit ? fileDirections(this.file) : [];
    const made = this.made.value;
    const length = choice(LENGTHS, this.view.length, "meanDifference");
    return made ? directionsOf(made.result, this.method, length) : [];
  });

  /** What the directions are called. */
  get name(): string {
    if (this.source === "file") return this.file?.name ?? "";
    const { request, name } = this.made.value ?? {};
    if (!request) return "";
    const { over, centring, seed, testShare } = request;
    const isComponent = this.method === "component";
    return [
      ...[name, METHOD_NAMES[this.method]],
      ...(isComponent && centring === "mean" ? ["centred"] : []),
      ...(over === "all" ? ["mean over tokens"] : []),
      ...(this.view.length === "unit" ? ["length 1"] : []),
      `${testShare} held out by seed ${seed}`,
    ].join(", ");
  }

  findTargets(): Question<Targets> | undefined {
    const { session, view } = this;
    const { prompt, position } = session;
    const signs = this.source === "ledger" ? LEDGER_SIGNS : { target: "", minus: "" };
    const typed = { target: view.target || signs.target, minus: view.minus || signs.minus };
    return prompt && (() => followedTokens(session, prompt, position, typed));
  }

  #metricOf({ target, minus }: Targets): { metric: Metric; words: string } {
    const { text } = target;
    if (this.metric === "logitDifference" && minus)
      return {
        metric: { kind: "logitDifference", target: target.id, minus: minus.id },
        words: `logit(${text.trim()}) − logit(${minus.text.trim()})`,
      };
    const kind = this.metric === "probability" ? "probability" : "logProb";
    const words = kind === "probability" ? `p(${text.trim()})` : `log p(${text.trim()})`;
    return { metric: { kind, target: target.id }, words };
  }

  /** Edits of the stack without the one that this panel added. */
  get otherEdits(): readonly Edit[] {
    const { editName } = this;
    return this.session.edits.active.filter((edit) => !isOfName(edit, editName));
  }

  /** As long as a link carries it. */
  get editName(): string {
    return this.name.slice(0, MAX_NAME);
  }

  #prompts(): { prompts: readonly EditedPrompt[]; on: string } | undefined {
    const { session, view } = this;
    const { prompt, position } = session;
    if (this.measured === "prompt") {
      if (!prompt) return undefined;
      const tokens = prompt.tokens.slice(0, position + 1);
      return {
        prompts: [{ tokens, edits: this.otherEdits }],
        on: `the page’s prompt after position ${position}`,
      };
    }
    const made = this.made.value;
    if (!made?.complete) return undefined;
    const held = made.result.test.slice(0, view.prompts);
    const prompts = held.flatMap((i) => {
      const pair = made.pairs[i];
      return pair ? [{ tokens: pair.prompt.tokens }] : [];
    });
    const what = this.source === "ledger" ? "held-out stories where a minus sign is due" : "held-out pairs";
    return { prompts, on: `${prompts.length} ${what}, without edits` };
  }

  /** What would be measured now; undefined until everything for it is there. */
  get asked(): Omit<Effect, "result" | "complete"> | undefined {
    const { session, view, directions, site, at } = this;
    const targets = this.targets.value;
    const read = this.#prompts();
    if (!session.model || !targets || !read || read.prompts.length === 0 || directions.length === 0)
      return undefined;
    if (this.source !== "file" && !this.made.value?.complete) return undefined;
    const { metric, words } = this.#metricOf(targets);
    const request: SteeringEffectRequest = {
      ...{ prompts: read.prompts, site, strengths: view.strengths, at, metric },
      directions: directions.map(({ layer, values }) => ({ layer, values })),
      ...{ controls: view.controls, seed: view.seed },
    };
    return { request, metric: words, on: read.on };
  }

  costOf({ request }: Pick<Effect, "request">): number {
    const { prompts, directions, strengths, controls, at } = request;
    return effectTokens(
      prompts.map(({ tokens }) => tokens),
      directions.length,
      strengths.length,
      controls,
      at,
    );
  }

  measure(asked: Omit<Effect, "result" | "complete">): Question<Effect> {
    const { engine } = this.session;
    return async (runId, partial, isNewest) => {
      this.progress = { done: 0, total: asked.request.prompts.length };
      const result = await engine.steeringEffect(asked.request, runId, (so) => {
        if (!isNewest()) return;
        this.progress = { done: so.promptsDone, total: so.prompts };
        if (so.promptsDone > 0) partial({ ...asked, result: so, complete: false });
      });
      return { ...asked, result, complete: true };
    };
  }

  /** The chosen layer, else the one whose direction does most, else the one in the middle. */
  get layer(): number {
    const { directions, view } = this;
    const has = (layer: number | undefined) => directions.some((one) => one.layer === layer);
    if (view.layer !== AUTO_LAYER && has(view.layer)) return view.layer;
    const effect = this.effect.value;
    const strongest = effect && strongestLayer(effect.result);
    if (strongest !== undefined && has(strongest)) return strongest;
    return directions[Math.floor(directions.length / 2)]?.layer ?? 0;
  }

  /** The direction of the chosen layer as an edit. */
  editAt(strength: number, from: number | undefined) {
    const { layer, site } = this;
    const direction = this.directions.find((one) => one.layer === layer);
    return direction && steeringEdit(direction, site, this.editName, strength, from);
  }

  /** The chip that the direction already is, if it is one. */
  get chip(): Edit | undefined {
    const { editName, layer } = this;
    return this.session.edits.all.find((edit) => isOfName(edit, editName, layer));
  }
}
