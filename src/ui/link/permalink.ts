/** The session as a share link, and a share link as a session that recomputes and compares. */
import type { Edit } from "../../protocol/interventions";
import { decodeLink, encodeLink, EXPECTED_TOKENS, type LinkState } from "../../client/link/link";
import {
  compareNumbers,
  expectedNumbers,
  formatDifference,
  TOLERANCE_NATS,
  type ExpectedNumbers,
} from "../../client/chain/compareNumbers";
import { LISTED_TOKENS } from "../state/editedRun.svelte";
import { CHAIN_DEFAULTS, valueOf, type ChainSettings } from "../../client/chain/chainSettings";
import { allTokens } from "../../client/chain/tokenSteps";
import { editsText } from "../../client/edits/chipText";
import { EMBEDDED_MODELS } from "../../client/examples";
import { formatCount, formatNumber } from "../../client/format";
import type { Session } from "../state/session.svelte";
import type { ViewSettings } from "../state/views.svelte";

/** A link is wanted now: numbers that take longer do not go with it. */
const PATIENCE_MS = 3000;

export async function toLinkState(session: Session): Promise<LinkState> {
  const { chain, model, device, selection, edits, editedRun } = session;
  if (!model) throw new Error("There is nothing to share before a model is loaded.");
  await Promise.race([editedRun.ensure(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  const expected = numbersOf(session, EXPECTED_TOKENS);
  const views = session.views.toJson();
  return {
    model: {
      name: model.name,
      sha256: model.sha256,
      embedded: model.source === "embedded",
      precision: model.precision,
      parameters: model.parameters,
    },
    device: device ? `${device.kind}: ${device.label}` : "",
    prompt: chain.isEmpty ? session.promptText : chain.prompt,
    tokens: await tokenIds(session),
    addBos: session.addBos,
    generation: {
      temperature: session.temperature,
      topK: session.topK,
      topP: session.topP,
      seed: session.seed,
      maxTokens: session.maxTokens,
    },
    steps: chain.steps.map(({ text, present }) => ({ text, present })),
    answerPrefix: chain.answerPrefix,
    answer: chain.answer,
    mode: chain.mode,
    filler: { text: chain.fillerText, id: chain.fillerId },
    panel: session.panel,
    ...(selection.step === undefined ? {} : { selectedStep: selection.step }),
    ...(edits.all.length > 0
      ? { edits: edits.all.map((edit) => ({ ...edit, on: isOn(edit, session) })) }
      : {}),
    ...(Object.keys(views).length > 0 ? { views } : {}),
    selection: {
      ...(selection.pinned === undefined ? about(session) : { pinned: selection.pinned }),
      ...{ layer: selection.layer, head: selection.head, neuron: selection.neuron },
      ...(selection.sae === undefined ? {} : { sae: selection.sae }),
      ...(selection.latent === undefined ? {} : { latent: selection.latent }),
    },
    ...(expected ? { expected } : {}),
  };
}

/** The position that views are about, where nothing is pinned. */
const about = ({ position }: Session) => (position < 0 ? {} : { position });

const isOn = ({ on }: Edit, { edits }: Session) => on && !edits.paused;

/** What this page shows now, as numbers to expect elsewhere; `k` tokens of every distribution. */
function numbersOf({ chain, editedRun }: Session, k: number, underEdits = true): ExpectedNumbers | undefined {
  const [effect, game] = underEdits
    ? [chain.effect, chain.game.done]
    : [chain.effect?.unedited, chain.game.unedited];
  const ofChain =
    chain.recordedFrom === undefined && !chain.computing ? expectedNumbers(effect, game) : undefined;
  const next = editedRun.numbers(k);
  return ofChain || next ? { ...ofChain, ...(next ? { next } : {}) } : undefined;
}

/** The address of this page with the session in its hash. */
export async function createLink(session: Session): Promise<string> {
  const url = new URL(location.href);
  url.hash = await encodeLink(await toLinkState(session));
  return url.href;
}

/** What the model reads, as it is scored. */
async function tokenIds({ chain, model, tokens }: Session): Promise<number[]> {
  return chain.isEmpty || !model?.hasTokenizer ? tokens.map(({ id }) => id) : allTokens(await chain.tokens());
}

const isEmbedded = ({ model }: LinkState) =>
  model.embedded && (EMBEDDED_MODELS as readonly string[]).includes(model.name);

/** Links whose words and settings are on screen as they were sent, while their model is on its way. */
const restored = new WeakSet<LinkState>();

/** Opens a link: restores what it says, loads its model if it is here, recomputes, compares. */
export async function openLink(session: Session, hash: string): Promise<void> {
  const state = await decodeLink(hash);
  session.loader.precision = state.model.precision;
  const { model, loader } = session;
  const isOpen = model?.sha256 === state.model.sha256;
  if (!isOpen || model.precision !== state.model.precision) {
    restore(session, state);
    session.awaiting = state;
    if (isOpen) await loader.reload();
    else await loadFromHere(session, state);
    // A newer link may have been opened meanwhile, or loading has completed this one.
    if (session.awaiting !== state) return;
  }
  session.awaiting = state;
  await completeLink(session);
}

/** Loads a link's model if that takes no network: it ships with the page, or is kept on this device. */
async function loadFromHere({ loader, recentModels }: Session, state: LinkState): Promise<void> {
  if (isEmbedded(state)) {
    await loader.loadEmbedded(state.model.name);
    return;
  }
  await recentModels.refresh();
  const kept = recentModels.kept.find(({ sha256 }) => sha256 === state.model.sha256);
  if (kept) await loader.loadKept(kept);
}

/** Recomputes and compares once the link's model is loaded; until then says what is needed. */
export async function completeLink(session: Session): Promise<void> {
  const state = session.awaiting;
  if (!state) return;
  if (session.model?.sha256 !== state.model.sha256) {
    // The model that is here has chosen its own settings.
    restored.delete(state);
    session.comparison = needed(state, session.model?.name);
    return;
  }
  session.awaiting = undefined;
  if (state.edits?.some(({ kind }) => kind === "latent")) await session.saes.open();
  if (restored.has(state)) session.chain.changed();
  else restore(session, state);
  const recomputing = "opened from a link · recomputing…";
  session.comparison = recomputing;
  await Promise.all([session.refreshTokens(), session.chain.settled()]);
  pinSent(session, state);
  if (state.expected?.shapley) await session.chain.game.run();
  if (state.expected?.next) await session.editedRun.ensure();
  // The visitor may have moved on while it ran: then there is nothing to compare.
  if (!isAsSent(session, state)) {
    if (session.comparison === recomputing) session.comparison = undefined;
    return;
  }
  const otherTokens = await tokenDifference(session, state);
  session.comparison = () =>
    isAsSent(session, state) ? (otherTokens ?? compare(session, state)) : undefined;
}

function needed({ model }: LinkState, loaded: string | undefined): string {
  const what = `${model.name} (${formatCount(model.parameters)} parameters, SHA-256 ${model.sha256.slice(0, 12)}…)`;
  const other = loaded === model.name ? ` The ${loaded} of this page has other weights.` : "";
  return `This link needs the model ${what}: drop its files here to complete it.${other}`;
}

/** Views are about the sender's position, also where this page would choose another one. */
function pinSent(session: Session, { selection }: LinkState): void {
  const { position } = selection ?? {};
  if (session.selection.pinned === undefined && position !== undefined && position !== session.position)
    session.selection.pinned = position;
}

function restore(session: Session, state: LinkState): void {
  const { chain } = session;
  session.forget();
  restored.add(state);
  session.promptText = state.prompt;
  session.addBos = state.addBos;
  Object.assign(session, state.generation);
  chain.mode = state.mode;
  chain.fillerText = state.filler.text;
  chain.fillerId = state.filler.id;
  Object.assign(chain.settings, CHAIN_DEFAULTS);
  session.views.set((state.views ?? {}) as Record<string, ViewSettings>);
  // Until its model is loaded the tokens in its edits mean nothing here.
  const isHere = session.model?.sha256 === state.model.sha256;
  session.edits.set(state.edits ?? [], isHere ? undefined : state.model.sha256);
  const steps = state.steps.map(({ text }) => text);
  chain.set(
    { prompt: state.prompt, steps, answerPrefix: state.answerPrefix, answer: state.answer },
    state.steps.map(({ present }) => present),
  );
  const { selectedStep, selection } = state;
  session.selection.step =
    selectedStep !== undefined && selectedStep < steps.length ? selectedStep : undefined;
  // The position follows from the text; where it does not, `completeLink` pins it.
  if (selection) {
    const { pinned, layer, head, neuron, sae, latent } = selection;
    Object.assign(session.selection, { pinned, layer, head, neuron, sae, latent });
  }
  session.panel = state.panel;
}

/** Whether what is on screen is still what the link asked for. */
function isAsSent(session: Session, state: LinkState): boolean {
  const { chain, edits, selection, model } = session;
  if (model?.sha256 !== state.model.sha256) return false;
  const { prompt, answerPrefix, answer } = state;
  const sentEdits = editsText((state.edits ?? []).filter(({ on }) => on));
  if (editsText(edits.all.filter((edit) => isOn(edit, session))) !== sentEdits) return false;
  const { pinned, position } = state.selection ?? {};
  if (state.selection && selection.pinned !== pinned && selection.pinned !== position) return false;
  const sent = { prompt, steps: state.steps.map(({ text }) => text), answerPrefix, answer };
  const toggles = state.steps.every(({ present }, i) => chain.present[i] === present);
  const isSameChain = JSON.stringify(chain.text) === JSON.stringify(sent) && session.addBos === state.addBos;
  const isSameWay = chain.mode === state.mode && chain.fillerText === state.filler.text;
  return isSameChain && isSameWay && toggles && isSameGame(chain.settings, state);
}

/** Settings that decide what the numbers are; others say only what is shown. */
const GAME_SETTINGS = [
  ...(["value", "answers", "players", "estimator", "budget", "seed"] as const),
  ...(["samples", "temperature"] as const),
];

function isSameGame(settings: ChainSettings, { views }: LinkState): boolean {
  const sent: Partial<ChainSettings> = { ...CHAIN_DEFAULTS, ...views?.["ChainOfThought"] };
  return GAME_SETTINGS.every((name) => settings[name] === sent[name]);
}

/** Says where another tokenizer reads the same text differently. */
async function tokenDifference(session: Session, { tokens }: LinkState): Promise<string | undefined> {
  const here = await tokenIds(session);
  const at = tokens.findIndex((id, i) => id !== here[i]);
  if (at < 0 && tokens.length === here.length) return undefined;
  const where = at < 0 ? Math.min(tokens.length, here.length) : at;
  return `The tokenizer here reads the sender's text differently from position ${where} on: the numbers cannot be compared.`;
}

/** One sentence: whether the numbers are the sender's, how far the worst one is off, which is the first. */
export function compare(session: Session, { expected, device, edits }: LinkState): string | undefined {
  if (!expected || session.chain.computing) return undefined;
  // Links of before carry a chain's numbers without the edits that they carry beside.
  const isUnder = expected.underEdits === true || !edits?.some(({ on }) => on);
  const mine = numbersOf(session, LISTED_TOKENS, isUnder);
  const { compared, worst, first } = compareNumbers(expected, mine);
  // Under another value only log p is in nats.
  const unit = valueOf(session.chain.settings) === "logProb" ? " nats" : "";
  const tolerance = `tolerance ${formatDifference(TOLERANCE_NATS)}`;
  if (!first)
    return `Matches the sender's numbers (${compared} compared, max difference ${formatDifference(worst)}${unit}, ${tolerance}).`;
  if (Number.isNaN(first.here)) {
    const error = session.chain.error ?? session.chain.game.error ?? session.editedRun.all.error;
    // Numbers that are on their way, or that nobody has asked for since, are no reason to say anything.
    return error ? `The sender's ${first.name} could not be computed here: ${error}` : undefined;
  }
  const both = `${formatNumber(first.here, 4)} here, ${formatNumber(first.there, 4)} there`;
  return `Differs from the sender's numbers by up to ${formatDifference(worst)}${unit}: first ${first.name}, ${both} (${tolerance}; sent from ${device || "an unnamed device"}).`;
}
