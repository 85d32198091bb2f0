/**
 * Edge attribution patching: which edges of the residual stream's graph carry a metric (Syed et al. 2023, arXiv 2310.10348;
 * with integrated gradients over inputs Hanna et al. 2024, "Have Faith in Faithfulness", arXiv 2403.17806).
 *
 *   1. what every head, MLP and the embeddings write, in the prompt and in the donor (nodeOutputs.ts)
 *   2. every edge's effect to first order: the difference of what its source writes, times the metric's gradient through its
 *      input alone, in the prompt, in the donor, or the mean along the path between them (edgeScores.ts)
 *   3. of the k strongest edges the model in which they alone are as in the prompt (keptGraph.ts)
 *      beside each, as a null, graphs of as many edges drawn by the seed
 *   4. check: the strongest edges and edges drawn by the seed by path patching (pathPatches.ts)
 */
import type {
  AttributionAlarm,
  CheckedEdge,
  EdgeAttributionRequest,
  EdgeAttributionResult,
  KeptGraph,
} from "../../../protocol/gradients/attributions";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Scalar } from "../../../protocol/gradients/gradients";
import { showNowAndThen } from "../../../protocol/progress";
import { Random } from "../../../random/random";
import { CheckedEstimates } from "../../../statistics/checkedEstimates";
import { checkCellsRequest } from "../../interp/cells/cellRuns";
import { metricRequest } from "../../interp/cells/cellMetric";
import { checkPoint, metricPoints, metricTerms } from "../../interp/cells/metricGradients";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { edgeGraph, type Edge, type EdgeGraph, type Input, type Source } from "./edgeGraph";
import { edgeScores } from "./edgeScores";
import { KeptGraphRun } from "./keptGraph";
import { get, nodeOutputs, type NodeOutputs, type Written } from "./nodeOutputs";
import { pathPatches } from "./pathPatches";

interface Scored extends Edge {
  readonly estimate: number;
}

export async function edgeAttribution(
  model: Model,
  request: EdgeAttributionRequest,
  pauser: Pauser,
  onProgress?: (partial: EdgeAttributionResult) => void,
): Promise<EdgeAttributionResult> {
  const { config } = model;
  const change = { kind: "patch", from: request.donor } as const;
  checkCellsRequest({ ...request, change });
  checkPoint({ ...request, change });
  metricRequest(request.metric, vocabOut(config));
  const { draws = 0 } = request.randomGraphs ?? {};
  if (!(Number.isInteger(draws) && draws >= 0))
    refuse(`${draws} random graphs of each size were asked; take a whole number from 0 on.`);
  const work = new Work(model, request, edgeGraph(model), pauser, onProgress);
  try {
    await work.estimates();
    await work.graphs();
    await work.check();
    return work.result();
  } catch (error) {
    // Whoever cancels keeps what is there.
    onProgress?.(work.result());
    throw error;
  }
}

const bySize = (edges: readonly Scored[]) =>
  edges.toSorted((a, b) => Math.abs(b.estimate) - Math.abs(a.estimate));

/** One request under way. */
class Work {
  readonly #started = performance.now();
  readonly #prompt: readonly number[];
  readonly #donor: readonly number[];
  readonly #alarms: AttributionAlarm[] = [];
  readonly #graphs: KeptGraph[] = [];
  readonly #randomGraphs: KeptGraph[] = [];
  #checks: CheckedEstimates<Scored> | undefined;
  #outputs: { readonly prompt: NodeOutputs; readonly donor: NodeOutputs } | undefined;
  #differences: ReadonlyMap<Source, Written> = new Map();
  #terms: Scalar = [];
  #ends: readonly [base: number, donor: number] = [NaN, NaN];
  #inOrder: readonly Scored[] = [];
  /** By size. */
  #edges: readonly Scored[] = [];
  #rows = 0;
  #done = 0;
  readonly #showMore: () => void;

  constructor(
    private readonly model: Model,
    private readonly request: EdgeAttributionRequest,
    private readonly graph: EdgeGraph,
    private readonly pauser: Pauser,
    onProgress: ((partial: EdgeAttributionResult) => void) | undefined,
  ) {
    this.#showMore = showNowAndThen(onProgress, () => this.result());
    // What comes after the position that is read cannot matter.
    const read = request.position + 1;
    this.#prompt = request.prompt.tokens.slice(0, read);
    this.#donor = request.donor.tokens.slice(0, read);
  }

  /** Steps 1 and 2. */
  async estimates(): Promise<void> {
    const { model, graph, request, pauser } = this;
    const own = { tokens: this.#prompt, interventions: [] };
    const logits = request.metric.kind === "kl" ? await this.#logits() : undefined;
    this.#terms = metricTerms(request.metric, request.position, logits);
    this.#ends = [await this.#metric(this.#prompt), await this.#metric(this.#donor)];
    const outputs = {
      prompt: await nodeOutputs(model, graph, this.#prompt),
      donor: await nodeOutputs(model, graph, this.#donor),
    };
    this.#outputs = outputs;
    this.#differences = new Map(
      graph.sources.map((source) => {
        const [here, there] = [get(outputs.prompt.of, source), get(outputs.donor.of, source)];
        return [source, there.map((value, i) => value - (here[i] ?? 0))];
      }),
    );
    const asked = { ...request, change: { kind: "patch", from: request.donor } } as const;
    const points = await metricPoints(model, asked, own, logits, pauser);
    this.#rows += 2 + outputs.prompt.rows + outputs.donor.rows;
    const found = await edgeScores(model, graph, points, this.#differences, pauser, () => this.#took(1, 1));
    this.#alarms.push(...found.alarms.map((alarm) => ({ ...alarm, at: request.at.kind })));
    this.#inOrder = [...found.estimates].flatMap(([input, of]) =>
      [...of].map(([source, estimate]): Scored => ({ source, input, estimate })),
    );
    this.#edges = bySize(this.#inOrder);
  }

  /** Step 3. */
  async graphs(): Promise<void> {
    const { keep = [], randomGraphs } = this.request;
    const random = new Random(randomGraphs?.seed ?? 0);
    for (const kept of keep) {
      this.#graphs.push(await this.#keep(kept, this.#edges.slice(0, kept)));
      this.#took(0, 0);
      for (let draw = 0; draw < (randomGraphs?.draws ?? 0); draw++) {
        // Drawn in an order that the estimates have no part in.
        const drawn = random.sample(this.#inOrder, Math.min(kept, this.#inOrder.length));
        this.#randomGraphs.push(await this.#keep(kept, drawn));
        this.#took(0, 0);
      }
    }
  }

  async #keep(kept: number, edges: readonly Edge[]): Promise<KeptGraph> {
    const { model, graph, pauser } = this;
    const outputs = this.#outputs;
    if (!outputs) throw new Error("graphs come after estimates");
    const sources = new Map<Input, Source[]>();
    for (const { input, source } of edges) sources.set(input, [...(sources.get(input) ?? []), source]);
    const { prompt, donor: other } = outputs;
    const took = () => this.#took(1, 0);
    const work = new KeptGraphRun(model, graph, this.#prompt, prompt, other, pauser, took);
    const metric = this.#asMetric(await work.metric(sources, this.#terms));
    this.#rows += work.rows;
    const [base, donor] = this.#ends;
    return { kept, metric, faithfulness: (metric - donor) / (base - donor) };
  }

  /** Step 4. */
  async check(): Promise<void> {
    const { check } = this.request;
    if (!check) return;
    const checks = new CheckedEstimates(check, this.#inOrder, ({ estimate }) => estimate);
    this.#checks = checks;
    const { model, pauser } = this;
    await pathPatches(
      model,
      this.#prompt,
      bySize(checks.chosen),
      this.#differences,
      this.#terms,
      pauser,
      (edges, values, rows) => {
        checks.take(
          edges,
          values.map((value) => this.#asMetric(value) - this.#ends[0]),
        );
        this.#took(edges.length, rows);
      },
    );
  }

  #took(done: number, rows: number): void {
    this.#done += done;
    this.#rows += rows;
    this.#showMore();
  }

  /** What there is to do; checked edges at most, until they are drawn. */
  get #total(): number {
    const { at, keep = [], check, randomGraphs } = this.request;
    const { nLayers } = this.graph;
    const walks = (at.kind === "path" ? at.steps : 1) * (1 + nLayers);
    const drawn = this.#checks?.chosen.length ?? 0;
    const checked = drawn > 0 || !check ? drawn : check.largest + check.random;
    return walks + keep.length * (1 + (randomGraphs?.draws ?? 0)) * nLayers + checked;
  }

  async #logits(): Promise<Float32Array<ArrayBuffer>> {
    const { captures } = await run(this.model, { rows: [{ tokens: this.#prompt }], capture: ["logits"] });
    const cols = captures[0]?.shape[1] ?? 0;
    return Float32Array.from(captures[0]?.data ?? []).slice(-cols);
  }

  async #metric(tokens: readonly number[]): Promise<number> {
    const [value = NaN] = await scalarValues(this.model, [{ tokens }], this.#terms, this.pauser);
    return this.#asMetric(value);
  }

  /** The scalar of a probability is its logarithm. */
  #asMetric(value: number): number {
    return this.request.metric.kind === "probability" ? Math.exp(value) : value;
  }

  result(): EdgeAttributionResult {
    const [base, donor] = this.#ends;
    const told = ({ source, input, estimate }: Scored) => ({ from: source.node, to: input.node, estimate });
    const checks = this.#checks;
    const checked = bySize(checks?.chosen ?? []).flatMap((edge): CheckedEdge[] =>
      checks ? [{ ...told(edge), ...checks.of(edge) }] : [],
    );
    return {
      ...{ at: this.request.at, base, donor },
      edges: this.#edges.slice(0, this.request.most).map(told),
      edgeCount: this.#edges.length,
      graphs: [...this.#graphs],
      randomGraphs: [...this.#randomGraphs],
      ...(checks && checked.length > 0 && { check: { edges: checked, ...checks.agreements() } }),
      alarms: [...this.#alarms],
      ...{ done: this.#done, total: this.#total },
      evaluatedTokens: this.#rows * this.#prompt.length,
      elapsedMs: performance.now() - this.#started,
    };
  }
}
