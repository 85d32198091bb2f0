/** The session as a share link, and a share link as a session that recomputes and compares. */
import { decodeLink, encodeLink, type LinkState } from "../../protocol/link";
import type { Session } from "./session.svelte";

/** Different devices round differently; below this the numbers are said to match. */
const MATCH_NATS = 1e-3;

export async function createLink(session: Session): Promise<string> {
  const { chain, model, device } = session;
  if (!model) throw new Error("There is nothing to share before a model is loaded.");
  const state: LinkState = {
    model: {
      name: model.name,
      sha256: model.sha256,
      embedded: model.source === "embedded",
      precision: model.precision,
    },
    device: device ? `${device.kind}: ${device.label}` : "",
    prompt: chain.isEmpty ? session.promptText : chain.prompt,
    tokens: session.tokens.map(({ id }) => id),
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
    panel: "ChainOfThought",
    ...(session.selection.step === undefined ? {} : { selectedStep: session.selection.step }),
    ...(chain.effect ? { expected: expectedNumbers(session) } : {}),
  };
  const url = new URL(location.href);
  url.hash = await encodeLink(state);
  return url.href;
}

function expectedNumbers({ chain }: Session): LinkState["expected"] {
  const { effect, shapley } = chain;
  if (!effect) return undefined;
  const finished = shapley && shapley.coalitionsDone === shapley.coalitions ? shapley : undefined;
  return {
    now: effect.now.logProb,
    baseline: effect.baseline.logProb,
    early: [...effect.early],
    loo: [...effect.loo],
    ...(finished ? { shapley: { phi: [...finished.phi], vAll: finished.vAll, vNone: finished.vNone } } : {}),
  };
}

/** Opens a link: restores what it says, loads its model if it ships with the page, recomputes, compares. */
export async function openLink(session: Session, hash: string): Promise<void> {
  const state = await decodeLink(hash);
  restore(session, state);
  session.awaiting = state;
  if (session.model?.sha256 !== state.model.sha256 && state.model.embedded)
    await session.loadEmbedded(state.model.name);
  await completeLink(session);
}

/** Compares once the link's model is loaded; until then says what is needed. */
export async function completeLink(session: Session): Promise<void> {
  const state = session.awaiting;
  if (!state) return;
  if (session.model?.sha256 !== state.model.sha256) {
    const { name, sha256 } = state.model;
    session.comparison = `This link needs the model ${name} (SHA-256 ${sha256.slice(0, 12)}…): drop its files here to complete it.`;
    return;
  }
  session.awaiting = undefined;
  restore(session, state);
  await session.refreshTokens();
  await session.chain.recompute();
  if (state.expected?.shapley) await session.chain.runShapley();
  session.comparison = compare(session, state);
}

function restore(session: Session, state: LinkState): void {
  const { chain } = session;
  session.promptText = state.prompt;
  session.addBos = state.addBos;
  Object.assign(session, state.generation);
  chain.mode = state.mode;
  chain.fillerText = state.filler.text;
  chain.fillerId = state.filler.id;
  const steps = state.steps.map(({ text }) => text);
  chain.set(
    { prompt: state.prompt, steps, answerPrefix: state.answerPrefix, answer: state.answer },
    state.steps.map(({ present }) => present),
  );
  session.selection.step = state.selectedStep;
}

/** One sentence: whether the numbers are the sender's, and how far the worst one is off. */
export function compare(
  { chain }: Pick<Session, "chain">,
  { expected, device }: LinkState,
): string | undefined {
  if (!expected) return undefined;
  const { effect, shapley } = chain;
  if (!effect) return `The sender's numbers could not be compared${chain.error ? `: ${chain.error}` : "."}`;
  const pairs: (readonly [string, number | undefined, number])[] = [
    ["log p now", effect.now.logProb, expected.now],
    ["log p at baseline", effect.baseline.logProb, expected.baseline],
    ...expected.early.map((value, i) => [`early answer after ${i} steps`, effect.early[i], value] as const),
    ...expected.loo.map((value, i) => [`leave-one-out of step ${i + 1}`, effect.loo[i], value] as const),
    ...(expected.shapley?.phi ?? []).map(
      (value, i) => [`Shapley value of step ${i + 1}`, shapley?.phi[i], value] as const,
    ),
  ];
  const off = pairs.map(([name, mine, theirs]) => ({ name, difference: Math.abs((mine ?? NaN) - theirs) }));
  const missing = off.find(({ difference }) => Number.isNaN(difference));
  if (missing) return `Differs from the sender's numbers: ${missing.name} could not be computed here.`;
  const worst = off.reduce((a, b) => (b.difference > a.difference ? b : a));
  const size = worst.difference === 0 ? "0" : worst.difference.toExponential(0).replace("e-", "e−");
  return worst.difference <= MATCH_NATS
    ? `Matches the sender's numbers (${pairs.length} compared, max difference ${size} nats).`
    : `Differs from the sender's numbers by up to ${worst.difference.toFixed(3)} nats (${worst.name}; sender: ${device}).`;
}
