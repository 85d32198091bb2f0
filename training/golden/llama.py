"""Golden runs of Llama: grouped-query attention with a head size of its own; Llama 3.1's rotary scaling with one
key-value head and a tied unembedding; linear rotary scaling with a biased attention."""
import math

import numpy as np
from common import (
    D_VOCAB,
    TOKENS,
    RandomWeights,
    activation,
    attention,
    linear,
    record,
    rms_norm,
    rope_frequencies,
    rotate,
)

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 20,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 6,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 64,
    "hidden_act": "silu",
    "rms_norm_eps": 0.002,
    "rope_theta": 500.0,
    "rope_scaling": None,
    "attention_bias": False,
    "mlp_bias": False,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "float32",
}
# Wavelengths of the four pairs: 6.3, 20, 63, 199. The first is kept, the second interpolated, the others stretched.
LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def head_size(config):
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def llama3_frequencies(frequencies, scaling):
    """Meta's apply_scaling: by wavelength, in units of the context that the model was first trained with."""
    scaled = []
    for frequency in frequencies:
        wavelength = 2 * math.pi / frequency
        context = scaling["original_max_position_embeddings"]
        if wavelength < context / scaling["high_freq_factor"]:
            scaled.append(frequency)
        elif wavelength > context / scaling["low_freq_factor"]:
            scaled.append(frequency / scaling["factor"])
        else:
            span = scaling["high_freq_factor"] - scaling["low_freq_factor"]
            smooth = (context / wavelength - scaling["low_freq_factor"]) / span
            scaled.append((1 - smooth) * frequency / scaling["factor"] + smooth * frequency)
    return np.array(scaled)


def frequencies_of(config):
    frequencies = rope_frequencies(config["rope_theta"], head_size(config))
    scaling = config.get("rope_scaling")
    if scaling is None:
        return frequencies
    if scaling["rope_type"] == "linear":
        return frequencies / scaling["factor"]
    return {"llama3": llama3_frequencies}[scaling["rope_type"]](frequencies, scaling)


def forward(weights, config, tokens, windows=None):
    """All sites of one run. Mistral, Qwen 2 and Qwen 3 differ by windows, biases and norms of queries and keys."""
    epsilon, d_head = config["rms_norm_eps"], head_size(config)
    frequencies = frequencies_of(config)
    sites = {"embed": weights["model.embed_tokens.weight"][tokens]}
    x = sites["embed"]

    def norm(name, y):
        return rms_norm(y, epsilon, weights[f"{name}.weight"])

    def heads(name, y):
        y = linear(weights, f"{name}_proj", y).reshape(len(tokens), -1, d_head)
        return norm(f"{name}_norm", y) if f"{name}_norm.weight" in weights else y

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"model.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        q, k, v = (heads(f"{layer}.self_attn.{name}", h) for name in "qkv")
        window = windows[i] if windows else None
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), frequencies, window)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.self_attn.o_proj", z)
        x = sites[f"{block}.resid_mid"] = x + sites[f"{block}.attn_out"]
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.post_attention_layernorm", x)
        gate = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.gate_proj", h)
        up = sites[f"{block}.mlp.pre_linear"] = linear(weights, f"{layer}.mlp.up_proj", h)
        sites[f"{block}.mlp.post"] = activation(gate, config["hidden_act"]) * up
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.down_proj", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("model.norm", x)
    tied = config["tie_word_embeddings"]
    sites["logits"] = linear(weights, "model.embed_tokens" if tied else "lm_head", sites["ln_final.normalized"])
    return sites


def random_weights(name, config, qkv_bias=False, o_bias=False, mlp_bias=False, head_norm=False):
    d_model, d_mlp, d_head = config["hidden_size"], config["intermediate_size"], head_size(config)
    queries, keys = config["num_attention_heads"] * d_head, config["num_key_value_heads"] * d_head
    weights = RandomWeights(name)
    # An embedding that is the unembedding too is smaller, or logits would be large.
    gain = 0.4 if config["tie_word_embeddings"] else 1
    weights.matrix("model.embed_tokens.weight", config["vocab_size"], d_model, inner=1, gain=gain)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        weights.norm(f"{layer}.input_layernorm", d_model)
        weights.linear(f"{layer}.self_attn.q_proj", queries, d_model, qkv_bias, gain=1.2)
        weights.linear(f"{layer}.self_attn.k_proj", keys, d_model, qkv_bias, gain=1.2)
        weights.linear(f"{layer}.self_attn.v_proj", keys, d_model, qkv_bias)
        weights.linear(f"{layer}.self_attn.o_proj", d_model, queries, o_bias)
        if head_norm:
            weights.norm(f"{layer}.self_attn.q_norm", d_head)
            weights.norm(f"{layer}.self_attn.k_norm", d_head)
        weights.norm(f"{layer}.post_attention_layernorm", d_model)
        weights.linear(f"{layer}.mlp.gate_proj", d_mlp, d_model, mlp_bias)
        weights.linear(f"{layer}.mlp.up_proj", d_mlp, d_model, mlp_bias)
        weights.linear(f"{layer}.mlp.down_proj", d_model, d_mlp, mlp_bias)
    weights.norm("model.norm", d_model)
    if not config["tie_word_embeddings"]:
        weights.linear("lm_head", config["vocab_size"], d_model)
    return weights


def with_all_heads(weights, config):
    """The same model without sharing: each query head with its own copy of keys and values."""
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    repeated = dict(weights)
    for name, array in weights.items():
        if ".k_proj." in name or ".v_proj." in name:
            per_head = array.reshape(kv_heads, head_size(config), *array.shape[1:])
            copies = np.stack([per_head[head * kv_heads // heads] for head in range(heads)])
            repeated[name] = copies.reshape(-1, *array.shape[1:])
    return repeated, {**config, "num_key_value_heads": heads}


def variants():
    """(name, config, whether attention has biases)"""
    yield "llama", CONFIG, False
    scaled = {"rope_theta": 100.0, "rope_scaling": LLAMA3_SCALING, "max_position_embeddings": 256}
    sizes = {"hidden_size": 18, "head_dim": 8, "num_attention_heads": 3, "num_key_value_heads": 1}
    yield "llama3_scaled", {**CONFIG, **sizes, **scaled, "tie_word_embeddings": True}, False
    # No head_dim: hidden_size / num_attention_heads, as in older files.
    linear = {**CONFIG, "hidden_size": 24, "rope_scaling": {"rope_type": "linear", "factor": 2.0}}
    del linear["head_dim"]
    yield "llama_linear", {**linear, "attention_bias": True}, True


def main():
    for name, config, biased in variants():
        weights = random_weights(name, config, qkv_bias=biased, o_bias=biased)
        run = record(name, config, weights, forward, [None, None])
        # Grouped-query attention equals plain attention with copied keys and values.
        plain = forward(*with_all_heads(weights, config), TOKENS)
        assert np.allclose(run["logits"], plain["logits"], atol=1e-12)
        if config["rope_scaling"]:
            unscaled = forward(weights, {**config, "rope_scaling": None}, TOKENS)
            assert np.abs(run["logits"] - unscaled["logits"]).max() > 0.01
    # Each branch of the scaling, from the numbers.
    frequencies = rope_frequencies(100.0, 8)
    scaled = llama3_frequencies(frequencies, LLAMA3_SCALING)
    assert scaled[0] == frequencies[0] and np.array_equal(scaled[2:], frequencies[2:] / 8)
    assert frequencies[1] / 8 < scaled[1] < frequencies[1]
    # Rotated products depend on distances only.
    x = RandomWeights("rotate")
    x.normal("q", (1, 1, 6), 0, 1)
    x.normal("k", (1, 1, 6), 0, 1)
    q, k = (rotate(np.repeat(x[name], 12, 0), rope_frequencies(500.0, 6))[:, 0] for name in "qk")
    assert np.isclose(q[9] @ k[6], q[4] @ k[1]) and not np.isclose(q[9] @ k[6], q[9] @ k[5])


if __name__ == "__main__":
    main()
