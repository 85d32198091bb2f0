/**
 * The tour as data: each card asks for one action on the page, knows when it was really done, and says what came of it
 * in the page's own numbers. Nothing runs by itself.
 */
import { formatNumber, formatSigned } from "../../client/format";
import type { Session } from "../state/session.svelte";
import {
  effectWords,
  headName,
  largestSteps,
  newEffect,
  newShapley,
  repeatedSteps,
  repeatStep,
  shapleyWords,
  strongestStep,
  type Before,
} from "./facts";

export interface Card {
  readonly id: string;
  readonly title: string;
  /** The one action. */
  ask(session: Session): string;
  /** Why it cannot be done yet. */
  blocked?(session: Session): string | undefined;
  /** What came of it; undefined until it was done. */
  done(session: Session, before: Before): string | undefined;
  /** The panel it happens in. */
  readonly panel?: string;
  /** The control that does it: what is in `selector` and says `text`. */
  target?(session: Session): { readonly selector: string; readonly text: RegExp };
  /** An action of the tour's own, where the page has no single control for it. */
  readonly act?: { label(session: Session): string; run(session: Session): void };
}

export const TOUR_MODEL = "ledger";
export const TWIN = "ledger-posthoc";

const CHAIN = "ChainOfThought";
const number = (step: number | undefined) => String((step ?? 0) + 1);

/** The chain's values have to be there, of ledger and of at least two steps. */
function needsChain(session: Session): string | undefined {
  const { model, chain } = session;
  if (!model) return "The model is being opened.";
  if (model.name !== TOUR_MODEL) return `This part is about ${TOUR_MODEL}: choose it in the model menu.`;
  if (chain.steps.length < 2 || chain.answer === "") return "Take an example from Examples ▾ first.";
  return strongestStep(session) === undefined ? "The chain is being computed." : undefined;
}

const absent = ({ chain }: Session) => chain.present.flatMap((is, i) => (is ? [] : [i]));
const SHAPLEY = { selector: "button", text: /^(Shapley values|Recompute)$/ };

export const CARDS: readonly Card[] = [
  {
    id: "take-away",
    title: "Take a step away",
    panel: CHAIN,
    blocked: needsChain,
    ask: (session) =>
      `Untick step ${number(strongestStep(session))} in the list of steps. The model then answers without it.`,
    target: (session) => ({
      selector: "input[type=checkbox]",
      text: new RegExp(`^Step ${number(strongestStep(session))}:`),
    }),
    done(session, before) {
      const effect = newEffect(session, before);
      const step = strongestStep(session);
      const isOut = step !== undefined && session.chain.present[step] === false;
      return effect && isOut ? `Without step ${number(step)}, ${effectWords(session, effect)}.` : undefined;
    },
  },
  {
    id: "shapley",
    title: "Share the answer out",
    panel: CHAIN,
    blocked: needsChain,
    ask: () =>
      "Press Shapley values (or Recompute). The model answers with every set of steps, and each step gets its mean contribution.",
    target: () => SHAPLEY,
    done(session, before) {
      const result = newShapley(session, before);
      if (!result) return undefined;
      const all = formatSigned(result.vAll - result.vNone);
      const alone = formatSigned(result.leaveOneOut.reduce((sum, value) => sum + value, 0));
      return `${shapleyWords(result, largestSteps(result, 2))}. All φ add up to ${all} nats, what the whole chain is worth; leave-one-out adds up to ${alone}.`;
    },
  },
  {
    id: "repeat",
    title: "Say something twice",
    panel: CHAIN,
    blocked: needsChain,
    ask: (session) =>
      `Write step ${number(strongestStep(session))} twice. Either copy then holds what the answer needs.`,
    act: {
      label: (session) => `Write step ${number(strongestStep(session))} twice`,
      run(session) {
        repeatStep(session, strongestStep(session) ?? 0);
        void session.refreshTokens();
      },
    },
    done(session, before) {
      const effect = newEffect(session, before);
      const copies = repeatedSteps(session);
      if (!effect || !copies) return undefined;
      const loo = copies.map((i) => `step ${number(i)} ${formatSigned(effect.loo[i] ?? NaN)}`);
      return `Leave-one-out, nats: ${loo.join(", ")}. One copy can go as long as the other is there.`;
    },
  },
  {
    id: "redundant",
    title: "Share it out again",
    panel: CHAIN,
    blocked: (session) =>
      needsChain(session) ??
      (repeatedSteps(session) ? undefined : "No step is written twice here: skip this one."),
    ask: () => "Press Shapley values once more, and compare the two copies with their leave-one-out.",
    target: () => SHAPLEY,
    done(session, before) {
      const result = newShapley(session, before);
      const copies = repeatedSteps(session);
      if (!result || !copies) return undefined;
      return `${shapleyWords(result, copies)}. Shapley values split what either copy could give; leave-one-out gives it to neither.`;
    },
  },
  {
    id: "inside",
    title: "Look inside the step",
    panel: "Inside",
    ask: () =>
      "In the panel Inside a step, click a bright cell of the first heatmap: a head that reads the step when the model answers. (By keys: arrows, then Enter.)",
    target: () => ({ selector: "[role=application]", text: /^Attention from the answer/ }),
    done(session, before) {
      if (session.panel !== "Inside" || headName(session) === before.head) return undefined;
      return `Head ${headName(session)} is chosen: beside the heatmap, where its attention goes when the step is taken away; below that, the answer's log p layer by layer.`;
    },
  },
  {
    id: "twin",
    title: "Open the post-hoc twin",
    ask: () =>
      `Choose ${TWIN} in the model menu: the same architecture, trained to answer from the story whatever the chain says.`,
    target: () => ({ selector: "button", text: /^Model$/ }),
    done: ({ model }) =>
      model?.name === TWIN ? `${TWIN} is open, SHA-256 ${model.sha256.slice(0, 12)}…` : undefined,
  },
  {
    id: "same-again",
    title: "Take a step away from it",
    panel: CHAIN,
    blocked({ model, chain, examples }) {
      if (model?.name !== TWIN) return `This part is about ${TWIN}: choose it in the model menu.`;
      const isOwn = examples.some(({ prompt }) => prompt === chain.prompt);
      return isOwn ? undefined : "Take one of its examples from Examples ▾: its problems are shorter.";
    },
    ask: () => "Untick a step, as you did before.",
    target: () => ({ selector: "input[type=checkbox]", text: /^Step \d+:/ }),
    done(session, before) {
      const effect = newEffect(session, before);
      const out = absent(session);
      if (!effect || out.length === 0) return undefined;
      const p = formatNumber(Math.exp(effect.now.logProb), 3);
      return `Without step ${out.map(number).join(", ")}, ${effectWords(session, effect)}; its probability is ${p}.`;
    },
  },
];
