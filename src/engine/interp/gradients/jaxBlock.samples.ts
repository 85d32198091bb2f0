/**
 * For tests: one transformer block written for jax-js, which differentiates it by itself. Every site adds an offset of zeros;
 * the gradient by that offset is the cotangent of the site.
 *
 * An operation of jax-js consumes its arguments; `.ref` is one more use.
 */
import { grad, init, nn, numpy as np } from "@jax-js/jax";

type Arr = np.Array;

/** Numbers with their shape, as jax-js is given them. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
export type Named<T> = Record<string, T>;

export interface BlockSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly eps: number;
}

/** A block as a function of its residual stream and weights; `tap` passes a site. */
type Block = (x: Arr, w: Named<Arr>, tap: (site: string, x: Arr) => Arr, sizes: BlockSizes) => Arr;

const size = (x: Arr, axis: number) => x.shape[axis] ?? 0;

/** x Wᵀ + b. */
function project(x: Arr, w: Named<Arr>, name: string): Arr {
  const weight = w[`${name}.weight`];
  const bias = w[`${name}.bias`];
  if (weight === undefined) throw new Error(`the block has no weight ${name}`);
  const y = np.matmul(x, np.transpose(weight.ref));
  return bias ? y.add(bias.ref) : y;
}

/** [tokens, heads · dHead] → [heads, tokens, dHead]. */
function split(x: Arr, heads: number): Arr {
  const [tokens, width] = [size(x, 0), size(x, 1)];
  return np.transpose(x.reshape([tokens, heads, width / heads]), [1, 0, 2]);
}

/** q [tokens, heads · dHead], k and v [tokens, kvHeads · dHead] → z [tokens, heads · dHead]; causal. */
function attend(q: Arr, k: Arr, v: Arr, tap: (site: string, x: Arr) => Arr, sizes: BlockSizes): Arr {
  const { heads, kvHeads, dHead } = sizes;
  const tokens = size(q, 0);
  const shared = (x: Arr) => np.repeat(split(x, kvHeads), heads / kvHeads, 0);
  const dots = np.matmul(split(q, heads), np.transpose(shared(k), [0, 2, 1]));
  const scores = tap("attn.scores", dots.mul(dHead ** -0.5));
  const hidden = np.triu(np.ones([tokens, tokens]), 1).mul(-1e9);
  const pattern = tap("attn.pattern", nn.softmax(scores.add(hidden), -1));
  const z = np.matmul(pattern, shared(v));
  return tap("attn.z", np.transpose(z, [1, 0, 2]).reshape([tokens, heads * dHead]));
}

/** GPT-2: LayerNorm, a fused projection, GELU in its tanh form. */
export const gpt2Block: Block = (x, w, tap, sizes) => {
  const norm = (x: Arr, name: string) => {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    const scaled = centred.div(np.sqrt(variance.add(sizes.eps)));
    return scaled.mul(w[`${name}.weight`]!.ref).add(w[`${name}.bias`]!.ref);
  };
  const [q, k, v] = np.split(project(tap("ln1.normalized", norm(x.ref, "ln_1")), w, "attn.c_attn"), 3, 1);
  const z = attend(tap("attn.q", q!), tap("attn.k", k!), tap("attn.v", v!), tap, sizes);
  const mid = tap("resid_mid", x.add(tap("attn_out", project(z, w, "attn.c_proj"))));
  const pre = tap("mlp.pre", project(tap("ln2.normalized", norm(mid.ref, "ln_2")), w, "mlp.c_fc"));
  const post = tap("mlp.post", nn.gelu(pre, { approximate: true }));
  return tap("resid_post", mid.add(tap("mlp_out", project(post, w, "mlp.c_proj"))));
};

/** Llama: RMSNorm, rotary embeddings by halves of a head, shared key-value heads, a gated MLP. */
export const llamaBlock: Block = (x, w, tap, sizes) => {
  const { heads, kvHeads, dHead, eps } = sizes;
  const tokens = size(x, 0);
  const norm = (x: Arr, name: string) => {
    const square = np.mean(np.square(x.ref), -1, { keepdims: true });
    return x.div(np.sqrt(square.add(eps))).mul(w[`${name}.weight`]!.ref);
  };
  const angles = np.outer(np.arange(tokens).astype(np.float32), w["frequencies"]!.ref);
  const [cos, sin] = [np.cos(angles.ref), np.sin(angles)].map((part) => part.reshape([1, tokens, dHead / 2]));
  const turn = (x: Arr, n: number) => {
    const [a, b] = np.split(split(x, n), 2, 2);
    const first = a!.ref.mul(cos!.ref).sub(b!.ref.mul(sin!.ref));
    const second = b!.mul(cos!.ref).add(a!.mul(sin!.ref));
    return np.transpose(np.concatenate([first, second], 2), [1, 0, 2]).reshape([tokens, n * dHead]);
  };
  const normed = tap("ln1.normalized", norm(x.ref, "ln1"));
  const q = tap("attn.rot_q", turn(tap("attn.q", project(normed.ref, w, "q")), heads));
  const k = tap("attn.rot_k", turn(tap("attn.k", project(normed.ref, w, "k")), kvHeads));
  const z = attend(q, k, tap("attn.v", project(normed, w, "v")), tap, sizes);
  const mid = tap("resid_mid", x.add(tap("attn_out", project(z, w, "o"))));
  const normed2 = tap("ln2.normalized", norm(mid.ref, "ln2"));
  const gate = tap("mlp.pre", project(normed2.ref, w, "gate"));
  const post = nn.silu(gate).mul(tap("mlp.pre_linear", project(normed2, w, "up")));
  return tap("resid_post", mid.add(tap("mlp_out", project(tap("mlp.post", post), w, "down"))));
};

const readBack = (x: Arr): Numbers => ({ shape: x.ref.shape, data: Float32Array.from(x.dataSync()) });

export interface JaxBlock {
  /** Values of every site, in the order that they pass. */
  readonly values: Named<Numbers>;
  /** Of Σ direction · output by the input (`resid_pre`), by every site, and by every weight. */
  readonly bySite: Named<Numbers>;
  readonly byWeight: Named<Numbers>;
}

/** The block forward and back; `direction` is as large as its output. */
export async function jaxBlock(
  block: Block,
  x: Numbers,
  weights: Named<Numbers>,
  direction: Numbers,
  sizes: BlockSizes,
): Promise<JaxBlock> {
  await init("wasm");
  const toJax = ({ data, shape }: Numbers) =>
    np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });
  const all = () => Object.fromEntries(Object.entries(weights).map(([name, one]) => [name, toJax(one)]));
  const values: Named<Numbers> = { resid_pre: x };
  block(
    toJax(x),
    all(),
    (site, y) => {
      values[site] = readBack(y.ref);
      return y;
    },
    sizes,
  ).dispose();
  const offsets = Object.fromEntries(
    Object.entries(values).map(([site, { shape }]) => [site, np.zeros([...shape])]),
  );
  const scalar = (w: Named<Arr>, offset: Named<Arr>) => {
    const y = block(toJax(x).add(offset["resid_pre"]!), w, (site, y) => y.add(offset[site]!), sizes);
    return np.sum(y.mul(toJax(direction)));
  };
  const [byWeight, bySite] = grad(scalar, { argnums: [0, 1] })(all(), offsets) as [Named<Arr>, Named<Arr>];
  const read = (named: Named<Arr>) =>
    Object.fromEntries(Object.entries(named).map(([name, one]) => [name, readBack(one)]));
  return { values, bySite: read(bySite), byWeight: read(byWeight) };
}
