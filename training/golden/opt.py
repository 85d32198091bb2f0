"""Golden runs of OPT: learned positions that begin at row 2 of their table, ReLU. One with norms before the sublayers;
one as the 350m model, with norms behind the additions, no final norm, and tokens of another width than the residual
stream; one without biases and norms' weights."""
import math

import numpy as np
from common import D_VOCAB, RandomWeights, activation, attention, layer_norm, linear, record

CONFIG = {
    "architectures": ["OPTForCausalLM"],
    "model_type": "opt",
    "hidden_size": 24,
    "word_embed_proj_dim": 24,
    "ffn_dim": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 30,
    "activation_function": "relu",
    "do_layer_norm_before": True,
    "_remove_final_layer_norm": False,
    "enable_bias": True,
    "layer_norm_elementwise_affine": True,
    "tie_word_embeddings": True,
    "bos_token_id": 2,
    "eos_token_id": 2,
    "pad_token_id": 1,
    "torch_dtype": "float32",
}
EPSILON = 1e-5


def forward(weights, config, tokens):
    heads, before = config["num_attention_heads"], config["do_layer_norm_before"]
    d_model = config["hidden_size"]
    d_head = d_model // heads
    prefix = "model.decoder." if "model.decoder.embed_tokens.weight" in weights else "decoder."
    projected = config["word_embed_proj_dim"] != d_model
    table = weights[f"{prefix}embed_tokens.weight"]
    words = table[tokens]
    sites = {"embed": linear(weights, f"{prefix}project_in", words) if projected else words}
    # Rows 0 and 1 are of an older padding.
    sites["pos_embed"] = weights[f"{prefix}embed_positions.weight"][2 + np.arange(len(tokens))]
    x = sites["embed"] + sites["pos_embed"]

    def norm(name, y):
        if f"{name}.weight" not in weights:
            return layer_norm(y, EPSILON)
        return layer_norm(y, EPSILON, weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"{prefix}layers.{i}"
        sites[f"{block}.resid_pre"] = h = x
        if before:
            h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.self_attn_layer_norm", x)
        q, k, v = (
            linear(weights, f"{layer}.self_attn.{part}_proj", h).reshape(len(tokens), heads, d_head) for part in "qkv"
        )
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head))
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.self_attn.out_proj", z)
        x = x + sites[f"{block}.attn_out"]
        if not before:
            x = norm(f"{layer}.self_attn_layer_norm", x)
        sites[f"{block}.resid_mid"] = h = x
        if before:
            h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.final_layer_norm", x)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.fc1", h)
        sites[f"{block}.mlp.post"] = activation(pre, config["activation_function"])
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.fc2", sites[f"{block}.mlp.post"])
        x = x + sites[f"{block}.mlp_out"]
        if not before:
            x = norm(f"{layer}.final_layer_norm", x)
        sites[f"{block}.resid_post"] = x
    if before and not config["_remove_final_layer_norm"]:
        x = sites["ln_final.normalized"] = norm(f"{prefix}final_layer_norm", x)
    if projected:
        x = linear(weights, f"{prefix}project_out", x)
    sites["logits"] = x @ table.T
    return sites


def random_weights(name, config, prefix):
    d_model, d_mlp, d_word = config["hidden_size"], config["ffn_dim"], config["word_embed_proj_dim"]
    bias, affine, before = (
        config[field] for field in ("enable_bias", "layer_norm_elementwise_affine", "do_layer_norm_before")
    )
    weights = RandomWeights(name)
    weights.matrix(f"{prefix}embed_tokens.weight", config["vocab_size"], d_word, inner=1, gain=0.5)
    weights.matrix(f"{prefix}embed_positions.weight", config["max_position_embeddings"] + 2, d_model, inner=1, gain=0.5)
    if d_word != d_model:
        weights.linear(f"{prefix}project_in", d_model, d_word, gain=2)
        weights.linear(f"{prefix}project_out", d_word, d_model)

    def norm(to):
        if affine:
            weights.norm(to, d_model, bias=True)

    for i in range(config["num_hidden_layers"]):
        layer = f"{prefix}layers.{i}"
        norm(f"{layer}.self_attn_layer_norm")
        norm(f"{layer}.final_layer_norm")
        for part in ("q", "k", "v", "out"):
            gain = 1.2 if part in "qk" else 1
            weights.linear(f"{layer}.self_attn.{part}_proj", d_model, d_model, bias=bias, gain=gain)
        weights.linear(f"{layer}.fc1", d_mlp, d_model, bias=bias)
        weights.linear(f"{layer}.fc2", d_model, d_mlp, bias=bias)
    if before and not config["_remove_final_layer_norm"]:
        norm(f"{prefix}final_layer_norm")
    return weights


def main():
    after = {**CONFIG, "do_layer_norm_before": False, "word_embed_proj_dim": 10}
    bare = {**CONFIG, "enable_bias": False, "layer_norm_elementwise_affine": False, "activation_function": "gelu"}
    bare["_remove_final_layer_norm"] = True
    for name, config, prefix in [
        ("opt", CONFIG, "model.decoder."),
        ("opt_after", after, "decoder."),
        ("opt_bare", bare, "model.decoder."),
    ]:
        weights = random_weights(name, config, prefix)
        run = record(name, config, weights, forward, [None, None], sums=config["do_layer_norm_before"])
        assert np.array_equal(run["pos_embed"][0], weights[f"{prefix}embed_positions.weight"][2])


if __name__ == "__main__":
    main()
