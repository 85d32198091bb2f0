/**
 * Attribution graphs over latents on one prompt (Ameisen et al. 2025, "Circuit tracing"; of autoencoders of the residual
 * stream Marks et al. 2024, "Sparse feature circuits", arXiv 2403.19647):
 *
 *   1. one run under the prompt's edits: active latents, errors, embeddings, logits (dictionaries.ts)
 *   2. what is explained: the given tokens, or the most likely that hold `mass` together; each logit less the mean logit
 *   3. back from the logits, then from latents of largest influence by what is known so far, many at a time: direct effects of
 *      all sources (directEffects.ts). MLPs without a dictionary are passed by their slope at this prompt
 *   4. influence over all paths, scores (influence.ts), and what of it is told (pruning.ts)
 *   5. check: kept latents ablated in the model, against their effect over all paths of the linear graph (ablations.ts)
 *
 * A target's value is the sum of its input and a constant: biases, and what an MLP without a dictionary is off its slope.
 */
import type { AttributionAlarm } from "../../../protocol/gradients/attributions";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type {
  AttributionGraphRequest,
  AttributionGraphResult,
  CheckedNode,
  GraphNode,
} from "../../../protocol/gradients/graphs";
import { showNowAndThen } from "../../../protocol/progress";
import { CheckedEstimates } from "../../../statistics/checkedEstimates";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { resolveEdits } from "../../interp/interventions/index";
import { checkCount, checkPositions, checkPrompt, checkTargets } from "../../models/checks";
import type { Model } from "../../models/model";
import { ablations } from "./ablations";
import { layerOf, readPrompt, type LatentSource, type ReadPrompt, type Source } from "./dictionaries";
import {
  directEffects,
  FROZEN,
  latentTarget,
  logitTarget,
  type Target,
  type TargetRow,
} from "./directEffects";
import { scoresOf, totalEffects } from "./influence";
import { isLatent, KnownRows, type Known } from "./knownGraph";
import { prune, type Pruned } from "./pruning";
import { chosenTargets, type LogitShare } from "./targets";

/** Targets that go back together, and what their cotangents may take when they are read back. */
const MOST_AT_ONCE = 64;
const READ_BYTES = 1 << 27;
/** Direct effects that are held: every row has one for every source. */
const MOST_EFFECTS = 1 << 27;
/** A partial result prunes the graph, which is some work. */
const SHOW_MS = 400;

export async function attributionGraph(
  model: Model,
  request: AttributionGraphRequest,
  pauser: Pauser,
  onProgress?: (partial: AttributionGraphResult) => void,
): Promise<AttributionGraphResult> {
  checkRequest(model, request);
  const started = performance.now();
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const position = request.position ?? prompt.tokens.length - 1;
  const read = await readPrompt(model, prompt, position, [...new Set(request.saes)]);
  const work = new Work(model, request, read, pauser, started, onProgress);
  try {
    await work.explore();
    await work.check();
    return work.result();
  } catch (error) {
    // Whoever cancels keeps what is there.
    onProgress?.(work.result());
    throw error;
  }
}

function checkRequest({ config }: Model, request: AttributionGraphRequest): void {
  const { prompt, position, targets, mass, nodeThreshold, linkThreshold } = request;
  checkPrompt(prompt.tokens);
  if (position !== undefined) checkPositions([position], prompt.tokens.length);
  if (targets) {
    checkTargets(targets, config);
    checkCount("the number of targets", targets.length);
    if (new Set(targets).size < targets.length) refuse("A target is named twice; name each once.");
  }
  checkCount("mostTargets", request.mostTargets);
  checkCount("mostLatents", request.mostLatents);
  for (const [name, share] of Object.entries({ mass, nodeThreshold, linkThreshold }))
    if (!(share >= 0 && share <= 1)) refuse(`${name} is ${share}; give a share from 0 to 1.`);
}

interface CheckableLatent {
  readonly source: LatentSource;
  readonly estimate: number;
}

/** One request under way. */
class Work {
  readonly #targets: readonly LogitShare[];
  readonly #active: number;
  readonly #most: number;
  readonly #known: KnownRows;
  readonly #alarms = new Map<string, AttributionAlarm>();
  readonly #showMore: () => void;
  #checks: CheckedEstimates<CheckableLatent> | undefined;
  #told: { readonly graph: Known; readonly pruned: Pruned } | undefined;
  #isExplored = false;
  #done = 0;
  #planned: number;
  #rows = 1;

  constructor(
    private readonly model: Model,
    private readonly request: AttributionGraphRequest,
    private readonly read: ReadPrompt,
    private readonly pauser: Pauser,
    private readonly started: number,
    onProgress: ((partial: AttributionGraphResult) => void) | undefined,
  ) {
    this.#targets = chosenTargets(read.logits, request);
    this.#active = read.sources.filter(isLatent).length;
    this.#most = Math.min(request.mostLatents, this.#active);
    const total = this.#targets.reduce((sum, { probability }) => sum + probability, 0);
    this.#known = new KnownRows(
      read,
      this.#targets.map(({ probability }) => (total > 0 ? probability / total : 1 / this.#targets.length)),
    );
    const { check } = request;
    this.#planned = this.#targets.length + this.#most + (check ? check.largest + check.random : 0);
    const effects = (this.#targets.length + this.#most) * read.sources.length;
    if (effects > MOST_EFFECTS) {
      const most = Math.max(1, Math.floor(MOST_EFFECTS / read.sources.length) - this.#targets.length);
      refuse(
        `${read.sources.length.toLocaleString("en")} sources are active on this prompt; take in at most ${most} latents, or shorten the prompt.`,
      );
    }
    this.#showMore = showNowAndThen(onProgress, () => this.result(), SHOW_MS);
  }

  /** Step 3. */
  async explore(): Promise<void> {
    const { read } = this;
    const logits = this.#targets.map(({ token }) => logitTarget(read, token));
    for (let first = 0; first < logits.length; first += this.#atOnce)
      this.#known.takeLogits(await this.#walk(logits.slice(first, first + this.#atOnce)));
    while (this.#known.latents < this.#most) {
      const chosen = this.#known.next(Math.min(this.#atOnce, this.#most - this.#known.latents));
      if (chosen.length === 0) break;
      const latents = chosen.map((i) => read.sources[i]).filter(isLatent);
      const rows = await this.#walk(latents.map((source) => latentTarget(read, source)));
      this.#known.takeLatents(chosen, rows);
      this.#took(0);
    }
    this.#planned -= this.#most - this.#known.latents;
    this.#isExplored = true;
  }

  get #atOnce(): number {
    const { prompt, dictionaries, embeddings } = this.read;
    const widths = dictionaries.reduce((sum, { sae }) => sum + sae.description.dOut, 0);
    const width = widths + embeddings.size * this.model.config.dModel;
    return Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(READ_BYTES / (4 * width * prompt.tokens.length))));
  }

  async #walk(targets: readonly Target[]): Promise<TargetRow[]> {
    await this.pauser.pause();
    const rows = await directEffects(this.model, this.read, targets);
    rows.forEach(({ alarm }, i) => {
      const site = targets[i]?.site ?? "";
      if (alarm) this.#alarms.set(`${alarm} ${site}`, { kind: alarm, site, at: "prompt" });
    });
    this.#rows += 1;
    this.#took(targets.length);
    return rows;
  }

  /** Step 5. */
  async check(): Promise<void> {
    const { check } = this.request;
    if (!check) return;
    const { model, read, pauser } = this;
    const { graph, pruned } = this.#tell();
    const first = graph.kinds.indexOf("logit");
    const effects = totalEffects(graph.rows, graph.gains, first);
    const candidates = pruned.nodes.flatMap((node): CheckableLatent[] => {
      const source = graph.sources[node];
      return isLatent(source) ? [{ source, estimate: -(effects[node] ?? 0) }] : [];
    });
    const checks = new CheckedEstimates(check, candidates, ({ estimate }) => estimate);
    this.#checks = checks;
    this.#planned = this.#done + checks.chosen.length;
    const { scalar } = logitTarget(read, this.#targets[0]?.token ?? 0);
    const [base = NaN] = await scalarValues(model, [read.prompt], scalar, pauser);
    this.#rows += 1;
    await ablations(model, read, checks.chosen, scalar, pauser, (latents, values) => {
      checks.take(
        latents,
        values.map((value) => value - base),
      );
      this.#rows += latents.length;
      this.#took(latents.length);
    });
  }

  #took(done: number): void {
    this.#done += done;
    this.#showMore();
  }

  /** Step 4: of what is known; once the graph is whole, once. */
  #tell() {
    if (this.#told) return this.#told;
    const graph = this.#known.graph();
    const { nodeThreshold, linkThreshold } = this.request;
    const told = { graph, pruned: prune(graph, nodeThreshold, linkThreshold) };
    if (this.#isExplored) this.#told = told;
    return told;
  }

  result(): AttributionGraphResult {
    const { read, request } = this;
    const { graph, pruned } = this.#tell();
    const idOf = new Map(pruned.nodes.map((node, id) => [node, id]));
    const id = (node: number) => idOf.get(node) ?? -1;
    const linkCount = graph.rows.reduce(
      (sum, row) => sum + (row ? row.reduce((n, effect) => n + (effect === 0 ? 0 : 1), 0) : 0),
      0,
    );
    return {
      tokens: read.prompt.tokens.slice(0, read.position + 1),
      nodes: pruned.nodes.map((node) => this.#node(graph, node, pruned.influence[node] ?? 0)),
      links: pruned.links.map(({ source, target, weight }) => {
        return { source: id(source), target: id(target), weight };
      }),
      whole: { nodes: graph.kinds.length, links: linkCount, scores: scoresOf(graph) },
      scores: pruned.scores,
      ...{ activeLatents: this.#active, usedLatents: this.#known.latents, frozen: FROZEN },
      ...(request.check && this.#checks && { check: this.#checked(this.#checks, graph, id) }),
      alarms: [...this.#alarms.values()],
      ...{ done: this.#done, total: this.#planned },
      evaluatedTokens: this.#rows * read.prompt.tokens.length,
      elapsedMs: performance.now() - this.started,
    };
  }

  #checked(checks: CheckedEstimates<CheckableLatent>, graph: Known, id: (node: number) => number) {
    const nodeOf = new Map(graph.sources.map((source, node) => [source, node]));
    const nodes = checks.chosen
      .map((one): CheckedNode => ({ node: id(nodeOf.get(one.source) ?? -1), ...checks.of(one) }))
      .sort((a, b) => Math.abs(b.estimate) - Math.abs(a.estimate));
    return { nodes, ...checks.agreements() };
  }

  #node({ sources, kinds }: Known, node: number, influence: number): GraphNode {
    const source = sources[node];
    if (source) return { ...this.#ofSource(source), influence };
    const target = this.#targets[node - kinds.indexOf("logit")];
    const { token = -1, probability = NaN } = target ?? {};
    const { position } = this.read;
    return { kind: "logit", token, probability, layer: this.model.config.nLayers, position, influence };
  }

  #ofSource(source: Source) {
    const { position } = source;
    if (source.kind === "token") {
      const token = this.read.prompt.tokens[position] ?? -1;
      return { kind: "token", token, layer: -1, position } as const;
    }
    const { dictionary } = source;
    const place = { layer: layerOf(dictionary), position };
    if (source.kind === "error") return { kind: "error", site: dictionary.sae.siteOut, ...place } as const;
    const { latent, activation } = source;
    return { kind: "latent", sae: dictionary.id, latent, activation, ...place } as const;
  }
}
