/**
 * Two runs side by side: what each of them expects after every pair of positions, and how far apart they are.
 *
 *   1. run both prompts once, each in its model with its edits; of the residual streams the paired positions stay on the
 *      device
 *   2. take the pairs in chunks whose logits fit in one buffer: logits of the base at its positions, of the other at its
 *   3. of every pair, from both rows of logits p and q: KL(p ‖ q) = Σ p (log p - log q) in nats (Kullback and Leibler
 *      1951, doi.org/10.1214/aoms/1177729694), the k most probable tokens, the entropy, log p and rank of asked tokens,
 *      and log p of the token that follows in its own text
 *   4. read the numbers of a chunk back and let its logits go, so that a long text over a large vocabulary needs no more
 *      memory than a short one
 *
 * Equal runs give equal logits, and of those the divergence is exactly 0. It is not symmetric: it weighs tokens by how
 * probable they are in the base. Where token ids do not mean the same in both models it is not defined, and left out.
 */
import type { CompareRequest, CompareResult, Prediction } from "../../../protocol/analysis";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { pieces, rowsAtOnce } from "../../interp/pass/forwardPass";
import { resolveEdits } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import { ReadBack } from "../../interp/pass/readBack";
import { checkK, checkTargets, isBelow } from "../../models/checks";
import type { Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { klDivergence, MAX_TOP_K, tokenStats, topTokens } from "../../ops/score";

type Logits = ReturnType<ActivationCache["logits"]>;
type Pair = readonly [base: number, other: number];

interface SideResult {
  readonly predictions: readonly Prediction[];
  /** log p of the token that follows in its own text; NaN at the end. */
  readonly next: readonly number[];
}

/** `klAbsent`: why ids do not mean the same in both models, if they do not. */
export async function compare(
  base: Model,
  other: Model,
  request: CompareRequest,
  pauser: Pauser,
  klAbsent?: string,
): Promise<CompareResult> {
  const pairs = pairsAsked(request);
  checkAsked(base, request);
  checkAsked(other, request);
  const positions = (of: 0 | 1) => [...new Set(pairs.map((pair) => pair[of]))];
  const first = await Side.create(base, request.base, positions(0), request, pauser);
  try {
    const second = await Side.create(other, request.other, positions(1), request, pauser);
    try {
      const kl = new Float32Array(pairs.length).fill(NaN);
      const sides: [SideResult[], SideResult[]] = [[], []];
      let done = 0;
      for (const chunk of pieces(pairs, Math.min(rowsAtOnce(base), rowsAtOnce(other)))) {
        await pauser.pause();
        const read = await readPairs(first, second, chunk, klAbsent === undefined);
        if (read.kl) kl.set(read.kl, done);
        sides[0].push(read.base);
        sides[1].push(read.other);
        done += chunk.length;
      }
      const predictions = (side: readonly SideResult[]) => side.flatMap((chunk) => chunk.predictions);
      const next = (side: readonly SideResult[]) => Float32Array.from(side.flatMap((chunk) => chunk.next));
      return {
        pairs,
        kl,
        ...(klAbsent !== undefined && { klAbsent }),
        base: predictions(sides[0]),
        other: predictions(sides[1]),
        baseNext: next(sides[0]),
        otherNext: next(sides[1]),
      };
    } finally {
      second.release();
    }
  } finally {
    first.release();
  }
}

/** One of the two runs: its pass, and how its numbers are read off logits. */
class Side {
  private constructor(
    readonly model: Model,
    private readonly pass: ActivationCache,
    private readonly tokens: readonly number[],
    private readonly targets: readonly number[],
    private readonly k: number,
  ) {}

  static async create(
    model: Model,
    prompt: CompareRequest["base"],
    positions: readonly number[],
    { k, targets = [] }: CompareRequest,
    pauser: Pauser,
  ): Promise<Side> {
    const resolved = await resolveEdits(model, prompt, pauser);
    await pauser.pause();
    const most = Math.min(k, MAX_TOP_K, vocabOut(model.config));
    return new Side(
      model,
      ActivationCache.ofPrompt(model, resolved, positions),
      resolved.tokens,
      targets,
      most,
    );
  }

  logits(positions: readonly number[]): Logits {
    return this.pass.logits(positions);
  }

  /** Records what is read off the logits of these positions; the answer is there once `back` has read. */
  ask(back: ReadBack, logits: Logits, positions: readonly number[]): () => SideResult {
    const { k, targets, tokens } = this;
    const { memory } = this.model;
    const cols = logits.shape[1] ?? 0;
    // The first target of a row is its own next token, or, at the end, any: the entropy comes with it.
    const nexts = positions
      .map((position) => tokens[position + 1])
      .map((id) => ((id ?? cols) < cols ? id : undefined));
    const asks = Uint32Array.from(
      nexts.flatMap((next, row) => [next ?? 0, ...targets].flatMap((target) => [row, target])),
    );
    const top = topTokens(memory, logits, k);
    const found = {
      ids: back.tensor(top.ids),
      logProbs: back.tensor(top.logProbs),
      stats: back.tensor(tokenStats(memory, logits, memory.from(asks, [asks.length / 2, 2], "asks"))),
    };
    return () => {
      const ids = new Uint32Array(found.ids().buffer);
      const stats = found.stats();
      const of = (row: number, target: number) => stats.subarray(3 * (row * (targets.length + 1) + target));
      return {
        predictions: positions.map((_, row) => ({
          top: {
            ids: ids.slice(row * k, (row + 1) * k),
            logProbs: found.logProbs().slice(row * k, (row + 1) * k),
          },
          entropy: of(row, 0)[2] ?? NaN,
          targets: targets.map((_target, n) => {
            const [logProb = NaN, rank = NaN] = of(row, n + 1);
            return { logProb, rank };
          }),
        })),
        next: nexts.map((next, row) => (next === undefined ? NaN : (of(row, 0)[0] ?? NaN))),
      };
    };
  }

  release(): void {
    this.pass.release();
  }
}

/** One chunk of pairs: both logits at the same time, for as long as it takes to read them off. */
async function readPairs(base: Side, other: Side, pairs: readonly Pair[], hasKl: boolean) {
  const [mine, theirs] = [new ReadBack(base.model.memory), new ReadBack(other.model.memory)];
  try {
    const found = mine.record(() =>
      theirs.record(() => {
        const [here, there] = [pairs.map(([at]) => at), pairs.map(([, at]) => at)];
        const [p, q] = [base.logits(here), other.logits(there)];
        const { memory } = base.model;
        const rows = Uint32Array.from(pairs.flatMap((_, row) => [row, row]));
        return {
          kl: hasKl
            ? mine.tensor(klDivergence(memory, p, q, memory.from(rows, [pairs.length, 2], "pairs")))
            : undefined,
          base: base.ask(mine, p, here),
          other: other.ask(theirs, q, there),
        };
      }),
    );
    await mine.read();
    await theirs.read();
    return { kl: found.kl?.(), base: found.base(), other: found.other() };
  } finally {
    mine.release();
    theirs.release();
  }
}

/** Without any asked for, equal positions of both. */
function pairsAsked({ base, other, pairs }: CompareRequest): readonly Pair[] {
  const [m, n] = [base.tokens.length, other.tokens.length];
  const asked = pairs ?? Array.from({ length: Math.min(m, n) }, (_, i) => [i, i] as const);
  if (asked.length === 0) refuse("There are no pairs of positions to compare; give both sides a token.");
  const odd = asked.find(([at, against]) => !isBelow(at, m) || !isBelow(against, n));
  if (odd) {
    refuse(
      `Positions ${odd[0]} and ${odd[1]} were paired; the base has positions 0 to ${m - 1}, the other 0 to ${n - 1}.`,
    );
  }
  return asked;
}

function checkAsked({ config }: Model, { k, targets = [] }: CompareRequest): void {
  checkK(k);
  checkTargets(targets, config);
}
