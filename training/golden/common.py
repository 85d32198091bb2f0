"""What the recorders of golden runs share: seeded random weights, the pieces of a forward pass, and the checks that
every recording must pass. Plain numpy, written from the published definitions (Hugging Face's and TransformerLens's
semantics decide), so that it shares no code with the engine. A family's file runs without arguments and writes
src/engine/models/golden/<name>/: config.json (TransformerLens: cfg.json), model.safetensors (F32, random) and
golden.safetensors, every site of one prompt, computed in float64. The token ids stand in its metadata, as JSON.

Conventions, those of src/protocol/sites.ts:

- Shapes: [pos, dModel], [pos, head, dHead] (attn.k, attn.rot_k and attn.v: key-value heads), [head, query, key].
- ln1.normalized is what attention reads, ln2.normalized what the MLP reads: after the norm's weight and bias.
  TransformerLens's "shortformer" adds positions to what queries and keys read only after ln1.normalized.
- attn.q and attn.k are after projection, bias and any norm of queries and keys, before rotary positions; attn.rot_q
  and attn.rot_k, after those, are there if the model has rotary positions.
- attn.scores is after scaling, soft cap and ALiBi's bias, slope * (key position - query position), -Infinity where a
  key is not visible, which the file stores as NaN.
- attn_out and mlp_out are what is added to the residual stream: after the output bias, and in Gemma after the norm
  behind the sublayer.
- A gated MLP has mlp.pre, the gate before its activation function, mlp.pre_linear, the other branch, and
  mlp.post = act(mlp.pre) * mlp.pre_linear. Other MLPs have no mlp.pre_linear.
- embed is what enters the first block, less positions: in Gemma it is already times sqrt(dModel).
- Where norms lie in the residual stream (OPT 350m), resid_mid and resid_post are what comes out of them.
- embed of BLOOM is after the norm of its embeddings, that of OPT 350m after the projection to dModel.
- A model has pos_embed only if it has learned positions, resid_mid only if its MLP reads what attention wrote (not
  in the parallel blocks of GPT-NeoX and Phi), ln2.normalized only if the MLP has its own norm (not in Phi), none of
  the norm's sites if it has no norm, and no site of an MLP or resid_mid if it has no MLP.
- logits are after the unembedding's bias and the soft cap.

A window of n means that a position sees itself and the n - 1 before it.
"""
import json
import math
import struct
import zlib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "src/engine/models/golden"
D_VOCAB = 29
# Twelve tokens: longer than any window; with repetitions, the first and the last id.
TOKENS = [1, 17, 4, 28, 9, 4, 22, 0, 13, 17, 28, 5]
DTYPES = {"F16": np.float16, "F32": np.float32}
erf = np.vectorize(math.erf)


def read_safetensors(path):
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + size + begin : 8 + size + end], DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.float64)
    return tensors


def write_safetensors(path, tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    arrays = {name: np.ascontiguousarray(array, np.float32) for name, array in tensors.items()}
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(a.tobytes() for a in arrays.values()))


class RandomWeights(dict):
    """Weights of a model by name, from a seed that its name fixes; float64 arrays of float32 values."""

    def __init__(self, name):
        super().__init__()
        self.random = np.random.default_rng(zlib.crc32(name.encode()))

    def normal(self, name, shape, mean, scale):
        self[name] = (mean + scale * self.random.standard_normal(shape)).astype(np.float32).astype(np.float64)

    def matrix(self, name, *shape, inner, gain=1.0):
        """`inner` is the length of the sums: outputs are about `gain` times as large as inputs."""
        self.normal(name, shape, 0, gain / math.sqrt(inner))

    def vector(self, name, *shape, mean=0.0):
        """A bias; with mean 1 the weight of a norm."""
        self.normal(name, shape, mean, 0.3)

    def linear(self, name, outputs, inputs, bias=False, gain=1.0):
        """As PyTorch stores it, [outputs, inputs]."""
        self.matrix(f"{name}.weight", outputs, inputs, inner=inputs, gain=gain)
        if bias:
            self.vector(f"{name}.bias", outputs)

    def norm(self, name, size, bias=False, mean=1.0):
        self.vector(f"{name}.weight", size, mean=mean)
        if bias:
            self.vector(f"{name}.bias", size)


def linear(weights, name, x):
    """x Wᵀ, and the bias if there is one."""
    y = x @ weights[f"{name}.weight"].T
    return y + weights[f"{name}.bias"] if f"{name}.bias" in weights else y


def layer_norm(x, epsilon, weight=1.0, bias=0.0):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon) * weight + bias


def rms_norm(x, epsilon, weight):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon) * weight


def activation(x, kind):
    if kind == "relu":
        return np.maximum(x, 0)
    if kind == "silu":
        return x / (1 + np.exp(-x))
    if kind == "gelu":
        return 0.5 * x * (1 + erf(x / math.sqrt(2)).astype(x.dtype))
    if kind in ("gelu_new", "gelu_fast", "gelu_pytorch_tanh"):
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    raise ValueError(kind)


def softcap(x, cap):
    return x if cap is None else cap * np.tanh(x / cap)


def softmax(x):
    exponentials = np.exp(x - x.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def rope_frequencies(theta, dims):
    return theta ** -(np.arange(0, dims, 2) / dims)


def rotate(x, frequencies):
    """Rotary positions on the first 2 * len(frequencies) dimensions of [pos, head, dHead]; dimension i of the first
    half is paired with dimension i of the second."""
    pairs = len(frequencies)
    angles = np.arange(len(x))[:, None, None] * frequencies
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second, rest = x[..., :pairs], x[..., pairs : 2 * pairs], x[..., 2 * pairs :]
    return np.concatenate([first * cos - second * sin, second * cos + first * sin, rest], -1)


def rotate_pairs(x, frequencies):
    """The same, with dimension 2i paired with 2i + 1."""
    pairs = len(frequencies)
    angles = np.arange(len(x))[:, None, None] * frequencies
    turn = np.exp(1j * angles).astype(np.complex64 if x.dtype == np.float32 else complex)
    turned = (x[..., 0 : 2 * pairs : 2] + 1j * x[..., 1 : 2 * pairs : 2]) * turn
    out = x.copy()
    out[..., 0 : 2 * pairs : 2], out[..., 1 : 2 * pairs : 2] = turned.real, turned.imag
    return out


def attention(sites, block, q, k, v, scale, frequencies=None, window=None, cap=None, rotate=rotate, slopes=None):
    """Queries [pos, head, dHead], keys and values [pos, kvHead, dHead] → z [pos, head * dHead]; records attn.*.
    `slopes` [head] are ALiBi's."""
    sites[f"{block}.attn.q"], sites[f"{block}.attn.k"], sites[f"{block}.attn.v"] = q, k, v
    if frequencies is not None:
        q, k = rotate(q, frequencies), rotate(k, frequencies)
        sites[f"{block}.attn.rot_q"], sites[f"{block}.attn.rot_k"] = q, k
    # Neighbouring query heads share a key-value head.
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    distance = np.arange(len(q))[:, None] - np.arange(len(k))[None, :]
    visible = (distance >= 0) & (distance < (window or len(k)))
    scores = softcap(np.einsum("qhd,khd->hqk", q, k) * scale, cap)
    if slopes is not None:
        scores = (scores - np.asarray(slopes)[:, None, None] * distance).astype(q.dtype)
    scores = np.where(visible, scores, -np.inf)
    sites[f"{block}.attn.scores"] = np.where(visible, scores, np.nan)
    sites[f"{block}.attn.pattern"] = softmax(scores)
    sites[f"{block}.attn.z"] = np.einsum("hqk,khd->qhd", sites[f"{block}.attn.pattern"], v)
    return sites[f"{block}.attn.z"].reshape(len(q), -1)


def difference(run, other):
    """The largest difference of two runs at any site, as the engine's tests measure it."""
    worst = 0.0
    assert list(run) == list(other)
    for site, values in run.items():
        assert np.array_equal(np.isnan(values), np.isnan(other[site])), site
        error = np.abs(values - other[site]) / np.maximum(1, np.abs(values))
        worst = max(worst, float(np.nanmax(error)))
    return worst


def check(run, forward, weights, config, tokens, windows, sums):
    blocks = sorted({site[: site.index(".", 7)] for site in run if site.startswith("blocks.")})
    for i, block in enumerate(blocks):
        scores, pattern = run[f"{block}.attn.scores"], run[f"{block}.attn.pattern"]
        assert np.allclose(pattern.sum(-1), 1, atol=1e-12)
        assert np.array_equal(np.isnan(scores), pattern == 0)
        reach = np.minimum(np.arange(1, len(tokens) + 1), windows[i] or len(tokens))
        assert np.array_equal((pattern > 0).sum(-1), np.broadcast_to(reach, pattern.shape[:2]))
        # Neither uniform nor one-hot, so that a wrong score shows.
        assert 0.7 < np.nanstd(scores) < 4 and pattern[:, 1:].max(-1).mean() < 0.9, (block, np.nanstd(scores))
        written = run[f"{block}.attn_out"] + run.get(f"{block}.mlp_out", 0)
        adds_up = np.allclose(run[f"{block}.resid_post"], run[f"{block}.resid_pre"] + written, atol=1e-12)
        assert adds_up == sums
    # What a token is matters to no position before it, and to its own.
    changed = forward(weights, config, [*tokens[:-1], tokens[-1] - 1])
    for site, values in run.items():
        past = (slice(None), slice(-1)) if site.endswith((".scores", ".pattern")) else slice(-1)
        assert np.array_equal(values[past], changed[site][past], equal_nan=True), site
    assert np.abs(run["logits"][-1] - changed["logits"][-1]).max() > 0.01
    # The engine computes in float32: its tests compare to 1e-5, so float32 must suffice for a tenth of that or so.
    single = forward({name: array.astype(np.float32) for name, array in weights.items()}, config, tokens)
    assert all(array.dtype == np.float32 for array in single.values())
    worst = difference(run, {site: array.astype(np.float64) for site, array in single.items()})
    assert worst < 3e-6, worst
    return worst


def record(name, config, weights, forward, windows, tokens=TOKENS, config_file="config.json", sums=True):
    """Runs, checks and writes; `windows` has each layer's window or None. Without `sums` norms lie in the residual
    stream, and a block does not just add to it."""
    run = forward(weights, config, tokens)
    worst = check(run, forward, weights, config, tokens, windows, sums)
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / config_file).write_text(json.dumps(config, indent=2) + "\n")
    write_safetensors(folder / "model.safetensors", weights, {"format": "pt"})
    write_safetensors(folder / "golden.safetensors", run, {"tokens": json.dumps(tokens)})
    kilobytes = [round((folder / f"{file}.safetensors").stat().st_size / 1000) for file in ("model", "golden")]
    spread = {site: round(float(np.nanstd(run[site])), 2) for site in ("logits", "blocks.0.attn.scores")}
    print(f"{name}: model {kilobytes[0]} kB, golden {kilobytes[1]} kB, {len(run)} sites, float32 {worst:.0e}, {spread}")
    return run
