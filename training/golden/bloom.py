"""Golden runs of BLOOM: no positions but ALiBi's bias of scores, a norm behind the embedding, queries, keys and values
fused head by head; the residual stream as it is, or what the norms before the sublayers make of it."""
import math

import numpy as np
from common import D_VOCAB, TOKENS, RandomWeights, activation, attention, layer_norm, linear, record

CONFIG = {
    "architectures": ["BloomForCausalLM"],
    "model_type": "bloom",
    "hidden_size": 24,
    "n_inner": None,
    "n_layer": 2,
    "n_head": 3,
    "vocab_size": D_VOCAB,
    "seq_length": 64,
    "layer_norm_epsilon": 0.002,
    "apply_residual_connection_post_layernorm": False,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "float32",
}


def slopes_of(heads):
    """Press et al. 2022, as its published code has it: of 2^n heads the first slope is 2^(-2^(3 - n)), and each is the
    first times the one before; of another number, those of the power of two below it and every second of the one
    above."""

    def power_of_two(n):
        first = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [first * first**i for i in range(n)]

    if math.log2(heads).is_integer():
        return power_of_two(heads)
    below = 2 ** math.floor(math.log2(heads))
    return power_of_two(below) + slopes_of(2 * below)[0::2][: heads - below]


def sizes(config):
    """dModel and heads, whose names differ between the library's files and the released models'."""
    return config.get("hidden_size", config.get("n_embed")), config.get("n_head", config.get("num_attention_heads"))


def forward(weights, config, tokens):
    on_normed = config["apply_residual_connection_post_layernorm"]
    d_model, heads = sizes(config)
    d_head = d_model // heads
    prefix = "transformer." if "transformer.word_embeddings.weight" in weights else ""

    def norm(name, y):
        return layer_norm(y, config["layer_norm_epsilon"], weights[f"{name}.weight"], weights[f"{name}.bias"])

    table = weights[f"{prefix}word_embeddings.weight"]
    sites = {"embed": norm(f"{prefix}word_embeddings_layernorm", table[tokens])}
    x = sites["embed"]
    for i in range(config["n_layer"]):
        block, layer = f"blocks.{i}", f"{prefix}h.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        fused = linear(weights, f"{layer}.self_attention.query_key_value", h).reshape(len(tokens), heads, 3, d_head)
        q, k, v = fused[:, :, 0], fused[:, :, 1], fused[:, :, 2]
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), slopes=slopes_of(heads))
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.self_attention.dense", z)
        mid = sites[f"{block}.resid_mid"] = (h if on_normed else x) + sites[f"{block}.attn_out"]
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.post_attention_layernorm", mid)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.dense_h_to_4h", h)
        sites[f"{block}.mlp.post"] = activation(pre, "gelu_new")
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.dense_4h_to_h", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = (h if on_normed else mid) + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm(f"{prefix}ln_f", x)
    sites["logits"] = sites["ln_final.normalized"] @ table.T
    return sites


def random_weights(name, config, prefix):
    d_model, _ = sizes(config)
    weights = RandomWeights(name)
    weights.matrix(f"{prefix}word_embeddings.weight", config["vocab_size"], d_model, inner=1, gain=0.3)
    weights.norm(f"{prefix}word_embeddings_layernorm", d_model, bias=True)
    for i in range(config["n_layer"]):
        layer = f"{prefix}h.{i}"
        weights.norm(f"{layer}.input_layernorm", d_model, bias=True)
        weights.norm(f"{layer}.post_attention_layernorm", d_model, bias=True)
        weights.linear(f"{layer}.self_attention.query_key_value", 3 * d_model, d_model, bias=True, gain=1.1)
        weights.linear(f"{layer}.self_attention.dense", d_model, d_model, bias=True)
        weights.linear(f"{layer}.mlp.dense_h_to_4h", 4 * d_model, d_model, bias=True)
        weights.linear(f"{layer}.mlp.dense_4h_to_h", d_model, 4 * d_model, bias=True)
    weights.norm(f"{prefix}ln_f", d_model, bias=True)
    return weights


def main():
    assert slopes_of(8) == [2.0**-i for i in range(1, 9)] and np.allclose(slopes_of(3), [1 / 16, 1 / 256, 1 / 4])
    # The released models' config has other names for sizes, their files no prefix. Four heads, a power of two.
    normed = {**CONFIG, "apply_residual_connection_post_layernorm": True, "n_embed": 16, "num_attention_heads": 4}
    del normed["hidden_size"], normed["n_head"]
    for name, config, prefix in [("bloom", CONFIG, "transformer."), ("bloom_on_normed", normed, "")]:
        weights = random_weights(name, config, prefix)
        on_normed = config["apply_residual_connection_post_layernorm"]
        run = record(name, config, weights, forward, [None, None], sums=not on_normed)
        # Nothing but the bias tells positions apart: without it, and with the mask, the same tokens in another order
        # before the last would give it the same logits.
        shuffled = forward(weights, config, [*TOKENS[1:-1], TOKENS[0], TOKENS[-1]])
        assert np.abs(run["logits"][-1] - shuffled["logits"][-1]).max() > 0.01
        # The own key has no bias.
        q, k = run["blocks.0.attn.q"], run["blocks.0.attn.k"]
        own = np.einsum("phd,phd->hp", q, k) / math.sqrt(q.shape[-1])
        assert np.allclose(np.diagonal(run["blocks.0.attn.scores"], axis1=1, axis2=2), own)


if __name__ == "__main__":
    main()
