/** What the Judge part asks the engine: two autoencoders on the same texts, an explanation of a latent, probes for a label. */
import type { EngineApi } from "../../../../protocol/api";
import type { RunId } from "../../../../protocol/progress";
import type { SaeInfo, SpliceResult } from "../../../../protocol/sae/features";
import type {
  N2gNode,
  N2gResult,
  ProbeResult,
  SaeQualityResult,
  SimulateResult,
} from "../../../../protocol/sae/saeEvaluation";
import { N2G_ANY, N2G_START } from "../../../../protocol/sae/saeEvaluation";
import { lossRecovered, pooledLosses } from "../../../../statistics/lossRecovered";
import type { EvaluationTexts, LabelledTexts } from "../../../../client/sae/evaluationTexts";

/** Losses when spliced are means over the first contexts: each is three runs. */
const MOST_SPLICED = 16;

/** No context is cut. */
const longestOf = (contexts: readonly (readonly number[])[], before: readonly number[]) =>
  Math.max(...contexts.map(({ length }) => length)) + before.length;

export interface Judged {
  readonly sae: SaeInfo;
  readonly tokens: number;
  readonly fvu: number;
  readonly l0: number;
  readonly dead: number;
  /** Means over the spliced tokens, nats. */
  readonly clean: number;
  readonly spliced: number;
  readonly zero: number;
  readonly kl: number;
  /** Standard error of zero − clean between the texts, nats. */
  readonly zeroError: number;
  /** NaN where it is not defined: the site at zero does no harm beyond that error. */
  readonly lossRecovered: number;
  /** Tokens behind those means. */
  readonly n: number;
  readonly quality: SaeQualityResult;
}

/** One autoencoder after the other; `partial` shows those that are done. */
export async function judgeSaes(
  engine: EngineApi,
  saes: readonly SaeInfo[],
  { contexts, name }: EvaluationTexts,
  before: readonly number[],
  runId: RunId,
  partial: (so: readonly Judged[]) => void,
): Promise<readonly Judged[]> {
  const done: Judged[] = [];
  for (const sae of saes) {
    const corpus = await engine.saeCorpus(
      {
        ...{ saes: [sae.id], name, documents: contexts, contextSize: longestOf(contexts, before), seed: 1 },
        addBos: before.length > 0,
      },
      runId,
    );
    await engine.releaseCorpus(corpus.id);
    const texts: SpliceResult[] = [];
    for (const context of contexts.slice(0, MOST_SPLICED)) {
      const prompt = { tokens: [...before, ...context] };
      texts.push(await engine.saeSplice({ sae: sae.id, prompt }, runId));
    }
    const quality = await engine.saeQuality({ sae: sae.id, contexts, before }, runId);
    const n = texts.reduce((sum, text) => sum + text.n, 0);
    const losses = pooledLosses(texts);
    done.push({
      ...{ sae, tokens: corpus.tokensDone, quality, n },
      ...{ fvu: corpus.fvu[0] ?? NaN, l0: corpus.l0[0] ?? NaN, dead: corpus.dead[0] ?? NaN },
      ...losses,
      kl: texts.reduce((sum, text) => sum + text.n * text.kl, 0) / n,
      lossRecovered: lossRecovered(losses),
    });
    partial([...done]);
  }
  return done;
}

export interface Explained {
  readonly sae: SaeInfo;
  readonly latent: number;
  readonly name: string;
  readonly examples: number;
  /** Contexts that it was made from, and tried on. */
  readonly training: number;
  readonly heldOut: number;
  readonly n2g: N2gResult;
  readonly simulated: SimulateResult;
}

/** Made from every other context, tried on those between. */
export async function explainLatent(
  engine: EngineApi,
  sae: SaeInfo,
  latent: number,
  { contexts, name }: EvaluationTexts,
  before: readonly number[],
  runId: RunId,
): Promise<Explained> {
  const training = contexts.filter((_, i) => i % 2 === 0);
  const heldOut = contexts.filter((_, i) => i % 2 === 1);
  const corpus = await engine.saeCorpus(
    {
      ...{ saes: [sae.id], name, documents: training, contextSize: longestOf(training, before), seed: 1 },
      addBos: before.length > 0,
    },
    runId,
  );
  const found = await engine.saeCorpusLatent({ sae: sae.id, corpus: corpus.id, latent }, runId);
  await engine.releaseCorpus(corpus.id);
  if (found.top.length === 0)
    throw new Error(
      `Latent ${latent} is nowhere active in these ${corpus.tokensDone} tokens: nothing to explain.`,
    );
  // Contexts come back with what was put before them.
  const examples = found.top.map(({ tokens, at }) => ({
    tokens: tokens.slice(before.length),
    at: at - before.length,
  }));
  const asked = { sae: sae.id, latent, heldOut, before };
  const n2g = await engine.saeN2g({ ...asked, examples }, runId);
  const simulated = await engine.saeSimulate({ ...asked, root: n2g.root, training }, runId);
  return {
    ...{ sae, latent, name, examples: examples.length, n2g, simulated },
    ...{ training: training.length, heldOut: heldOut.length },
  };
}

export interface Probed {
  readonly sae: SaeInfo;
  readonly name: string;
  readonly result: ProbeResult;
}

export async function probeLabel(
  engine: EngineApi,
  sae: SaeInfo,
  { contexts, labels, name }: LabelledTexts,
  before: readonly number[],
  { testShare, ridge, seed }: { readonly testShare: number; readonly ridge: number; readonly seed: number },
  runId: RunId,
): Promise<Probed> {
  const result = await engine.saeProbes(
    { sae: sae.id, contexts, before, labels, testShare, ridge, seed, splitBy: "context" },
    runId,
  );
  return { sae, name, result };
}

/** A pattern of the explanation as it is read: the tokens before, the active one last, and the value. */
export interface PatternRow {
  readonly words: string;
  readonly value: number;
}

/** Every path of the trie that ends in a value, by value. */
export function patternRows(root: N2gNode, textOf: (id: number) => string): PatternRow[] {
  const rows: PatternRow[] = [];
  const walk = (node: N2gNode, behind: readonly string[]) => {
    const word =
      node.token === N2G_ANY ? "…" : node.token === N2G_START ? "⟨start⟩" : textOf(node.token).trim();
    const words = [word, ...behind];
    if (node.value !== undefined) rows.push({ words: words.join(" "), value: node.value });
    node.children.forEach((child) => walk(child, words));
  };
  root.children.forEach((child) => walk(child, []));
  return rows.sort((a, b) => b.value - a.value);
}

/** Every token id that the explanation names. */
export function tokensOf(root: N2gNode): number[] {
  const ids = new Set<number>();
  const walk = (node: N2gNode) => {
    if (node.token >= 0) ids.add(node.token);
    node.children.forEach(walk);
  };
  walk(root);
  return [...ids];
}
