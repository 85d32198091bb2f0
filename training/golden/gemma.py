"""Golden runs of Gemma 2 and 3: embeddings times sqrt(dModel), norms before and behind each sublayer whose weights are
stored less one, a gated tanh-GELU MLP, scores scaled by a number of the config's own. Gemma 2 has soft caps and a
window in every other layer, Gemma 3 normalised queries and keys, five window layers to one that sees everything, and
rotary positions of their own for the window layers, which the scaling of the others does not touch."""
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
    softcap,
)

SHARED = {
    "intermediate_size": 28,
    "num_attention_heads": 4,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 64,
    "hidden_activation": "gelu_pytorch_tanh",
    "rms_norm_eps": 0.002,
    "attention_bias": False,
    "sliding_window": 4,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "pad_token_id": 0,
    "torch_dtype": "float32",
}
GEMMA2 = {
    "architectures": ["Gemma2ForCausalLM"],
    "model_type": "gemma2",
    "hidden_size": 20,
    "num_hidden_layers": 3,
    "num_key_value_heads": 2,
    "head_dim": 6,
    "query_pre_attn_scalar": 4,
    "rope_theta": 300.0,
    "attn_logit_softcapping": 2.0,
    "final_logit_softcapping": 3.0,
    **SHARED,
}
GEMMA3 = {
    "architectures": ["Gemma3ForCausalLM"],
    "model_type": "gemma3_text",
    "hidden_size": 12,
    "num_hidden_layers": 6,
    "num_key_value_heads": 1,
    "head_dim": 4,
    "query_pre_attn_scalar": 3,
    "rope_theta": 1000.0,
    "rope_local_base_freq": 20.0,
    "rope_scaling": {"rope_type": "linear", "factor": 2.0},
    "sliding_window_pattern": 6,
    "attn_logit_softcapping": None,
    "final_logit_softcapping": None,
    **SHARED,
    "intermediate_size": 20,
}


def is_sliding(config, layer):
    if config["model_type"] == "gemma2":
        return layer % 2 == 0
    return (layer + 1) % config["sliding_window_pattern"] != 0


def windows_of(config):
    return [config["sliding_window"] if is_sliding(config, i) else None for i in range(config["num_hidden_layers"])]


def frequencies_of(config, sliding):
    d_head = config["head_dim"]
    if sliding and "rope_local_base_freq" in config:
        return rope_frequencies(config["rope_local_base_freq"], d_head)
    scaling = config.get("rope_scaling")
    return rope_frequencies(config["rope_theta"], d_head) / (scaling["factor"] if scaling else 1)


def forward(weights, config, tokens):
    scale = config["query_pre_attn_scalar"] ** -0.5
    sites = {"embed": weights["model.embed_tokens.weight"][tokens] * config["hidden_size"] ** 0.5}
    x = sites["embed"]

    def norm(name, y):
        return rms_norm(y, config["rms_norm_eps"], 1 + weights[f"{name}.weight"])

    def heads(name, y):
        y = linear(weights, f"{name}_proj", y).reshape(len(tokens), -1, config["head_dim"])
        return norm(f"{name}_norm", y) if f"{name}_norm.weight" in weights else y

    for i, window in enumerate(windows_of(config)):
        block, layer = f"blocks.{i}", f"model.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        q, k, v = heads(f"{layer}.self_attn.q", h), heads(f"{layer}.self_attn.k", h), heads(f"{layer}.self_attn.v", h)
        frequencies = frequencies_of(config, window is not None)
        z = attention(sites, block, q, k, v, scale, frequencies, window, config["attn_logit_softcapping"])
        attended = norm(f"{layer}.post_attention_layernorm", linear(weights, f"{layer}.self_attn.o_proj", z))
        sites[f"{block}.attn_out"] = attended
        x = sites[f"{block}.resid_mid"] = x + attended
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.pre_feedforward_layernorm", x)
        gate = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.gate_proj", h)
        up = sites[f"{block}.mlp.pre_linear"] = linear(weights, f"{layer}.mlp.up_proj", h)
        sites[f"{block}.mlp.post"] = activation(gate, config["hidden_activation"]) * up
        down = linear(weights, f"{layer}.mlp.down_proj", sites[f"{block}.mlp.post"])
        sites[f"{block}.mlp_out"] = norm(f"{layer}.post_feedforward_layernorm", down)
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("model.norm", x)
    logits = linear(weights, "model.embed_tokens", sites["ln_final.normalized"])
    sites["logits"] = softcap(logits, config["final_logit_softcapping"])
    return sites


def random_weights(name, config, head_norm):
    d_model, d_mlp, d_head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * d_head, config["num_key_value_heads"] * d_head
    weights = RandomWeights(name)
    weights.matrix("model.embed_tokens.weight", config["vocab_size"], d_model, inner=1, gain=0.5)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        # Behind a sublayer 1 + weight is well below 1, so that rounding errors do not grow from layer to layer.
        for norm, mean in [("input", 0), ("post_attention", -0.6), ("pre_feedforward", 0), ("post_feedforward", -0.6)]:
            weights.norm(f"{layer}.{norm}_layernorm", d_model, mean=mean)
        weights.linear(f"{layer}.self_attn.q_proj", queries, d_model)
        weights.linear(f"{layer}.self_attn.k_proj", keys, d_model)
        weights.linear(f"{layer}.self_attn.v_proj", keys, d_model)
        weights.linear(f"{layer}.self_attn.o_proj", d_model, queries)
        if head_norm:
            weights.norm(f"{layer}.self_attn.q_norm", d_head, mean=0)
            weights.norm(f"{layer}.self_attn.k_norm", d_head, mean=0)
        weights.linear(f"{layer}.mlp.gate_proj", d_mlp, d_model)
        weights.linear(f"{layer}.mlp.up_proj", d_mlp, d_model)
        weights.linear(f"{layer}.mlp.down_proj", d_model, d_mlp)
    weights.norm("model.norm", d_model, mean=0)
    return weights


def main():
    weights = random_weights("gemma2", GEMMA2, head_norm=False)
    assert windows_of(GEMMA2) == [4, None, 4]
    run = record("gemma2", GEMMA2, weights, forward, windows_of(GEMMA2))
    # The caps bound, and bind: without them scores and logits go beyond.
    free = forward(weights, {**GEMMA2, "attn_logit_softcapping": None, "final_logit_softcapping": None}, TOKENS)
    for site, cap in [("blocks.0.attn.scores", 2), ("logits", 3)]:
        assert np.nanmax(np.abs(run[site])) < cap < np.nanmax(np.abs(free[site])) / 1.2, site
    assert np.allclose(run["blocks.0.attn.scores"], 2 * np.tanh(free["blocks.0.attn.scores"] / 2), equal_nan=True)

    weights = random_weights("gemma3_text", GEMMA3, head_norm=True)
    assert windows_of(GEMMA3) == [4] * 5 + [None]
    run = record("gemma3_text", GEMMA3, weights, forward, windows_of(GEMMA3))
    # The global rotation matters to the last layer only, the local one to the others.
    for field, value, first in [("rope_theta", 900.0, 5), ("rope_scaling", None, 5), ("rope_local_base_freq", 18.0, 0)]:
        other = forward(weights, {**GEMMA3, field: value}, TOKENS)
        same = [np.array_equal(run[f"blocks.{i}.resid_post"], other[f"blocks.{i}.resid_post"]) for i in range(6)]
        assert same == [i < first for i in range(6)], field


if __name__ == "__main__":
    main()
