"""Golden runs of Phi 3: queries, keys and values in one projection, gate and up in another, a sliding window; the same
with LongRoPE in a text that its short factors serve and in a longer one, which its long factors serve from the first
position on; Phi-4-mini's variant with positions on a part of each head and a tied unembedding."""
import math

import numpy as np
from common import (
    D_VOCAB,
    FOLDER,
    TOKENS,
    RandomWeights,
    check,
    record,
    rope_frequencies,
    rotate,
    write_safetensors,
)
import common
import llama

CONFIG = {
    "architectures": ["Phi3ForCausalLM"],
    "model_type": "phi3",
    "hidden_size": 24,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 512,
    "original_max_position_embeddings": 16,
    "hidden_act": "silu",
    "rms_norm_eps": 0.002,
    "rope_theta": 300.0,
    "rope_scaling": {
        "type": "su",
        "short_factor": [1.0, 1.3, 1.75],
        "long_factor": [1.1, 4.0, 21.5],
    },
    "sliding_window": 5,
    "attention_bias": False,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "float32",
}
# Three quarters of heads of 8 dimensions turn, in three pairs.
PARTIAL = {
    **CONFIG,
    "hidden_size": 32,
    "num_key_value_heads": 1,
    "rope_scaling": {**CONFIG["rope_scaling"], "type": "longrope"},
    "partial_rotary_factor": 0.75,
    "sliding_window": 262144,
    "tie_word_embeddings": True,
}
PLAIN = {**CONFIG, "rope_scaling": None, "max_position_embeddings": 64, "original_max_position_embeddings": 64}


def rotation(config, length):
    """Frequencies of each pair, and how much longer the rotated part gets, for a text of `length` tokens."""
    d_head = config["hidden_size"] // config["num_attention_heads"]
    dims = int(d_head * config.get("partial_rotary_factor", 1.0))
    frequencies, scaling = rope_frequencies(config["rope_theta"], dims), config["rope_scaling"]
    if scaling is None:
        return frequencies, 1.0
    original = config["original_max_position_embeddings"]
    growth = config["max_position_embeddings"] / original
    factors = scaling["long_factor" if length > original else "short_factor"]
    return frequencies / np.array(factors), math.sqrt(1 + math.log(growth) / math.log(original))


def attention(sites, block, q, k, v, frequencies, magnitude, window):
    """As common.attention, with queries and keys whose rotated dimensions are longer."""
    turned = 2 * len(frequencies)
    stretch = np.ones(q.shape[-1], q.dtype)
    stretch[:turned] = magnitude
    sites[f"{block}.attn.q"], sites[f"{block}.attn.k"], sites[f"{block}.attn.v"] = q, k, v
    q, k = rotate(q, frequencies) * stretch, rotate(k, frequencies) * stretch
    sites[f"{block}.attn.rot_q"], sites[f"{block}.attn.rot_k"] = q, k
    inner = {}
    z = common.attention(inner, block, q, k, v, 1 / math.sqrt(q.shape[-1]), window=window)
    for name in ("scores", "pattern", "z"):
        sites[f"{block}.attn.{name}"] = inner[f"{block}.attn.{name}"]
    return z


def forward(weights, config, tokens):
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    d_head = config["hidden_size"] // heads
    frequencies, magnitude = rotation(config, len(tokens))
    sites = {"embed": weights["model.embed_tokens.weight"][tokens]}
    x = sites["embed"]

    def norm(name, y):
        return common.rms_norm(y, config["rms_norm_eps"], weights[f"{name}.weight"])

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"model.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        fused = common.linear(weights, f"{layer}.self_attn.qkv_proj", h).reshape(len(tokens), -1, d_head)
        q, k, v = np.split(fused, [heads, heads + kv_heads], 1)
        z = attention(sites, block, q, k, v, frequencies, magnitude, config["sliding_window"])
        sites[f"{block}.attn_out"] = common.linear(weights, f"{layer}.self_attn.o_proj", z)
        x = sites[f"{block}.resid_mid"] = x + sites[f"{block}.attn_out"]
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.post_attention_layernorm", x)
        gate, up = np.split(common.linear(weights, f"{layer}.mlp.gate_up_proj", h), 2, -1)
        sites[f"{block}.mlp.pre"], sites[f"{block}.mlp.pre_linear"] = gate, up
        sites[f"{block}.mlp.post"] = up * common.activation(gate, config["hidden_act"])
        sites[f"{block}.mlp_out"] = common.linear(weights, f"{layer}.mlp.down_proj", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("model.norm", x)
    tied = config["tie_word_embeddings"]
    sites["logits"] = common.linear(weights, "model.embed_tokens" if tied else "lm_head", sites["ln_final.normalized"])
    return sites


def random_weights(name, config):
    d_model, d_mlp = config["hidden_size"], config["intermediate_size"]
    d_head = d_model // config["num_attention_heads"]
    rows = (config["num_attention_heads"] + 2 * config["num_key_value_heads"]) * d_head
    weights = RandomWeights(name)
    # An embedding that is the unembedding too is smaller, or logits would be large.
    gain = 0.25 if config["tie_word_embeddings"] else 1
    weights.matrix("model.embed_tokens.weight", config["vocab_size"], d_model, inner=1, gain=gain)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        weights.norm(f"{layer}.input_layernorm", d_model)
        weights.linear(f"{layer}.self_attn.qkv_proj", rows, d_model, gain=0.8)
        weights.linear(f"{layer}.self_attn.o_proj", d_model, d_model)
        weights.norm(f"{layer}.post_attention_layernorm", d_model)
        weights.linear(f"{layer}.mlp.gate_up_proj", 2 * d_mlp, d_model)
        weights.linear(f"{layer}.mlp.down_proj", d_model, d_mlp)
    weights.norm("model.norm", d_model)
    if not config["tie_word_embeddings"]:
        weights.linear("lm_head", config["vocab_size"], d_model)
    return weights


def as_llama(weights, config):
    """The same model in Llama's layout, its fused projections taken apart."""
    d_head = config["hidden_size"] // config["num_attention_heads"]
    queries, keys = config["num_attention_heads"] * d_head, config["num_key_value_heads"] * d_head
    converted = {}
    for name, array in weights.items():
        if "qkv_proj" in name:
            for letter, rows in zip("qkv", np.split(array, [queries, queries + keys])):
                converted[name.replace("qkv_proj", f"{letter}_proj")] = rows
        elif "gate_up_proj" in name:
            for part, rows in zip(("gate", "up"), np.split(array, 2)):
                converted[name.replace("gate_up_proj", f"{part}_proj")] = rows
        else:
            converted[name] = array
    return converted, {**config, "head_dim": d_head}


def main():
    weights = random_weights("phi3", CONFIG)
    windows = [CONFIG["sliding_window"]] * 2
    run = record("phi3", CONFIG, weights, forward, windows)
    # A longer text: 20 tokens where the first training had 16.
    longer = [*TOKENS, *TOKENS[:8]]
    long_run = forward(weights, CONFIG, longer)
    check(long_run, forward, weights, CONFIG, longer, windows, sums=True)
    write_safetensors(FOLDER / "phi3/goldenLong.safetensors", long_run, {"tokens": str(longer)})
    # Its first positions are not those of the short text, though the tokens are: other factors turn them.
    assert np.abs(long_run["blocks.0.attn.rot_q"][:12] - run["blocks.0.attn.rot_q"]).max() > 0.01
    assert np.allclose(long_run["blocks.0.attn.q"][:12], run["blocks.0.attn.q"], atol=1e-12)
    # Without the scaling it is Llama over a window.
    plain = forward(weights, PLAIN, TOKENS)
    other = llama.forward(*as_llama(weights, PLAIN), TOKENS, windows)
    assert all(np.allclose(plain[site], other[site], atol=1e-12, equal_nan=True) for site in other)
    # The published number: Phi-3-mini-128k's queries and keys are 1.1902380714238083 times as long.
    published = {"max_position_embeddings": 131072, "original_max_position_embeddings": 4096}
    assert math.isclose(rotation({**CONFIG, **published}, 1)[1], 1.1902380714238083)

    weights = random_weights("phi3_partial", PARTIAL)
    run = record("phi3_partial", PARTIAL, weights, forward, [None, None])
    # A quarter of each head is left as it was.
    for letter in "qk":
        before, after = run[f"blocks.1.attn.{letter}"], run[f"blocks.1.attn.rot_{letter}"]
        assert np.array_equal(before[..., 6:], after[..., 6:]) and not np.allclose(before[0], after[0], atol=1e-3)


if __name__ == "__main__":
    main()
