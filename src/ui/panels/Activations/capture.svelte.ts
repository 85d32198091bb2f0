/**
 * The tensors that the panel shows: captured for the prompt, for several prompts, or while the model writes. What
 * another capture replaces is released, and so is an answer that came too late.
 */
import type { CapturePlan, TensorRef } from "../../../protocol/analysis";
import type { EngineApi, GenerateRequest, TokenInfo } from "../../../protocol/api";
import type { RunId } from "../../../protocol/progress";
import type { Edit, EditedPrompt } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import type { Query } from "../../state/query.svelte";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import type { Session } from "../../state/session.svelte";
import { isByKey } from "./layout";
import type { Source } from "./settings";

/** A generation but for what it captures. */
export type WritingRequest = Omit<GenerateRequest, "capture" | "edits"> & { readonly edits: readonly Edit[] };

/** One site of one or more texts. */
export interface Captured {
  readonly source: Source;
  readonly site: Site;
  readonly texts: readonly {
    readonly label: string;
    readonly tokens: readonly TokenInfo[];
    /** Position of the first token that the model wrote. */
    readonly writtenFrom?: number;
  }[];
  readonly edits: readonly Edit[];
  /** How the text was written, if the model wrote it. */
  readonly request?: WritingRequest;
  /** One tensor a text. */
  readonly now: readonly TensorRef[];
  /** Without edits; where there are none, and of written text, absent. */
  readonly baseline?: readonly TensorRef[];
}

export interface Ask {
  readonly source: Source;
  readonly site: Site;
  readonly texts: Captured["texts"];
  readonly edits: readonly Edit[];
}

/** A capture larger than this waits until it is asked for. */
export const AUTOMATIC_BYTES = 64 * 2 ** 20;

/** Every text with its edits; where there are any, all texts once more without. */
export function promptsOf({ texts, edits }: Pick<Ask, "texts" | "edits">): EditedPrompt[] {
  const plain = texts.map(({ tokens }) => ({ tokens: tokens.map(({ id }) => id) }));
  return edits.length > 0 ? [...plain.map((prompt) => ({ ...prompt, edits })), ...plain] : plain;
}

export class PanelCapture {
  readonly shown: Query<Captured>;
  readonly plan: Query<CapturePlan>;
  /** Tokens written so far, while the model writes. */
  written = $state(0);
  /** A large capture that was planned, until it is asked for. */
  waiting = $state.raw<Ask | undefined>();
  readonly #engine: EngineApi;

  constructor(private readonly session: Session) {
    this.#engine = session.engine;
    this.shown = session.query<Captured>(undefined, (old) => this.#release(old));
    this.plan = session.query();
  }

  /** Says what it takes; runs if that is little, else waits. */
  async planned(ask: Ask): Promise<void> {
    this.shown.cancel();
    this.waiting = undefined;
    const request = { prompts: promptsOf(ask), sites: [ask.site] };
    const isNewest = await this.plan.ask(() => this.#engine.planCapture(request));
    if (!isNewest) return;
    if ((this.plan.value?.bytes ?? Infinity) <= AUTOMATIC_BYTES) await this.capture(ask);
    else this.waiting = ask;
  }

  /** Says what a generation takes at most. */
  async plannedWriting(site: Site): Promise<void> {
    const { model, maxTokens } = this.session;
    this.waiting = undefined;
    await this.plan.ask(async () => {
      const prompt = await this.session.promptTokens(this.session.promptText);
      const longest = Math.min(model?.nCtx ?? Infinity, prompt.length + maxTokens - 1);
      // Only how many there are counts.
      return this.#engine.planCapture({
        prompts: [{ tokens: new Array<number>(longest).fill(0) }],
        sites: [site],
      });
    });
  }

  capture(ask: Ask): Promise<boolean> {
    this.waiting = undefined;
    this.written = 0;
    return this.shown.ask(async (runId) => {
      const refs = await this.#engine.capture({ prompts: promptsOf(ask), sites: [ask.site] }, runId);
      const n = ask.texts.length;
      return { ...ask, now: refs.slice(0, n), ...(refs.length > n ? { baseline: refs.slice(n) } : {}) };
    });
  }

  /** Generates with the session's settings, and captures the site at every token. */
  captureWriting(site: Site): Promise<boolean> {
    this.written = 0;
    return this.shown.ask(async (runId) => {
      const prompt = await this.session.promptTokens(this.session.promptText);
      const request = writingRequest(this.session, prompt);
      const written = await write(this.session, prompt, request, [site], runId, () => this.written++);
      return {
        source: "writing",
        site,
        request,
        edits: request.edits,
        texts: written.texts,
        now: written.refs,
      };
    });
  }

  /** Lets go of everything when what `inputs` reads has changed. */
  belongTo(inputs: () => unknown): void {
    this.plan.belongTo(inputs);
    this.shown.belongTo(inputs);
  }

  #release({ now, baseline = [] }: Captured): void {
    const refs = [...now, ...baseline];
    if (refs.length > 0) void this.#engine.releaseTensors(refs.map(({ id }) => id));
  }
}

/** What numbers depend on besides the question: another model or device gives others. */
export const machineOf = ({ model, device }: Session) =>
  [model?.sha256, model?.precision, device?.kind, device?.label].join(" ");

/** A generation with the session's settings; the same request writes the same text. */
export function writingRequest(
  { model, edits, temperature, topK, topP, seed, maxTokens }: Session,
  prompt: readonly TokenInfo[],
): WritingRequest {
  return {
    tokens: prompt.map(({ id }) => id),
    ...{ maxTokens, temperature, topK, topP, seed },
    stopIds: model?.eosId === undefined ? [] : [model.eosId],
    edits: edits.active,
  };
}

/** The prompt and what the model writes after it, with sites captured at every token that it reads. */
export async function write(
  { engine }: Session,
  prompt: readonly TokenInfo[],
  request: WritingRequest,
  sites: readonly Site[],
  runId: RunId,
  onToken?: () => void,
) {
  const { tokens, captures = [] } = await engine.generate({ ...request, capture: sites }, runId, onToken);
  // The last token was written, but never read.
  const read = captures[0] ? positionsOf(captures[0]) : prompt.length;
  const described = await engine.describeTokens([...prompt.map(({ id }) => id), ...tokens]);
  const all = [...withTokenEdits(prompt, request.edits), ...described.slice(prompt.length)];
  const text = { label: "written", tokens: all.slice(0, read), writtenFrom: prompt.length };
  return { texts: [text], refs: captures };
}

const positionsOf = ({ site, shape }: TensorRef) => (isByKey(site) ? shape[1] : shape[0]) ?? 0;
