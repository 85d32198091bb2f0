/** What the panel asks the engine: which token it is about, and the scores of the prompt's tokens. */
import type {
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../../protocol/gradients/attributions";
import type { Edit } from "../../../protocol/interventions";
import type { Query, Question } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { choice } from "../../../client/choice";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import { followedTokens, tokenTexts, type Targets } from "../../../client/tokens/tokenTargets";
import { tokenLabel } from "../../../client/tokens/tokenText";
import { requestOf } from "./request";
import { BASELINES, METHODS, STEP_CHOICES, type ATTRIBUTION_DEFAULTS, type Method } from "./settings";
import { scoresAre } from "./view";

export type Settings = {
  -readonly [K in keyof typeof ATTRIBUTION_DEFAULTS]: (typeof ATTRIBUTION_DEFAULTS)[K] extends number
    ? number
    : (typeof ATTRIBUTION_DEFAULTS)[K] extends boolean
      ? boolean
      : string;
};

/** One question, with what its answer is called. */
export interface Asked {
  readonly targets: Targets;
  readonly request: TokenAttributionRequest;
  readonly filler: number;
  /** Labels of the tokens up to the position, as the model reads them. */
  readonly labels: readonly string[];
}

export interface Found extends Asked {
  readonly result: TokenAttributionResult;
  readonly fillerText: string;
  /** Nothing is left to come. */
  readonly complete: boolean;
}

export class AttributionState {
  readonly targets: Query<Targets>;
  readonly found: Query<Found>;
  /** How far the newest question is. */
  progress = $state.raw({ rowsDone: 0, rows: 1 });

  constructor(
    private readonly session: Session,
    readonly view: Settings,
  ) {
    this.targets = session.query();
    this.found = session.query();
  }

  get method(): Method {
    return choice(METHODS, this.view.method, "integrated");
  }

  findTargets(): Question<Targets> | undefined {
    const { session, view } = this;
    const { prompt, position } = session;
    const typed = { target: view.target, minus: view.minus };
    return prompt && (() => followedTokens(session, prompt, position, typed));
  }

  /** What would be asked now; undefined until it is known which token it is about. */
  get asked(): Asked | undefined {
    const { session, view } = this;
    const { model, chain, tokens, position } = session;
    const targets = this.targets.value;
    if (!model || !targets || targets.prompt !== session.prompt || targets.position !== position) return;
    // A model without a tokenizer has no filler of its own: an id of an earlier model may be none of its tokens.
    const filler = chain.fillerId < model.dVocab ? chain.fillerId : 0;
    const request = requestOf({
      ...{ targets, filler, bosId: model.bosId, replace: view.replace },
      baseline: choice(BASELINES, view.baseline, "zero"),
      steps: choice(STEP_CHOICES, view.steps, 64),
      stepOf: session.parts && session.tokenSteps,
    });
    const edits: readonly Edit[] = targets.prompt.edits ?? [];
    const read = withTokenEdits(tokens, edits).slice(0, position + 1);
    return { targets, request, filler, labels: read.map(({ text }) => tokenLabel(text)) };
  }

  attribute(asked: Asked): Question<Found> {
    const { engine } = this.session;
    return async (runId, partial, isNewest) => {
      this.progress = { rowsDone: 0, rows: 1 };
      const fillerText = (await tokenTexts(engine, [asked.filler]))(asked.filler);
      const found = (result: TokenAttributionResult, complete: boolean): Found => ({
        ...{ ...asked, result, fillerText, complete },
      });
      const result = await engine.tokenAttribution(asked.request, runId, (so) => {
        if (!isNewest()) return;
        this.progress = so;
        // The answer before stays until there is something of this one to see.
        if (scoresAre(so.tokens, this.method)) partial(found(so, false));
      });
      return found(result, true);
    };
  }
}
