"""Golden run of GPT-Neo: layers that by turns see everything and a window, scores that are not divided by
sqrt(dHead), no biases on queries, keys and values, matrices stored [outputs, inputs] (GPT-2's are the other way)."""
import gpt2
import numpy as np
from common import D_VOCAB, TOKENS, RandomWeights, activation, attention, layer_norm, linear, record

CONFIG = {
    "architectures": ["GPTNeoForCausalLM"],
    "model_type": "gpt_neo",
    "hidden_size": 12,
    "num_layers": 3,
    "num_heads": 3,
    "intermediate_size": None,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 16,
    "attention_types": [[["global", "local"], 1], [["global"], 1]],
    "attention_layers": ["global", "local", "global"],
    "window_size": 4,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 0.003,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "float32",
}


def windows_of(config):
    return [config["window_size"] if kind == "local" else None for kind in config["attention_layers"]]


def forward(weights, config, tokens):
    heads = config["num_heads"]
    sites = {"embed": weights["transformer.wte.weight"][tokens]}
    sites["pos_embed"] = weights["transformer.wpe.weight"][: len(tokens)]
    x = sites["embed"] + sites["pos_embed"]

    def norm(name, y):
        return layer_norm(y, config["layer_norm_epsilon"], weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i, window in enumerate(windows_of(config)):
        block, layer = f"blocks.{i}", f"transformer.h.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.ln_1", x)
        names = [f"{layer}.attn.attention.{letter}_proj" for letter in "qkv"]
        q, k, v = (linear(weights, name, h).reshape(len(tokens), heads, -1) for name in names)
        z = attention(sites, block, q, k, v, 1, window=window)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.attn.attention.out_proj", z)
        x = sites[f"{block}.resid_mid"] = x + sites[f"{block}.attn_out"]
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.ln_2", x)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.c_fc", h)
        sites[f"{block}.mlp.post"] = activation(pre, config["activation_function"])
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.c_proj", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("transformer.ln_f", x)
    sites["logits"] = linear(weights, "transformer.wte", sites["ln_final.normalized"])
    return sites


def random_weights(config):
    d_model = config["hidden_size"]
    d_mlp = config["intermediate_size"] or 4 * d_model
    weights = RandomWeights("gpt_neo")
    weights.matrix("transformer.wte.weight", config["vocab_size"], d_model, inner=1, gain=0.5)
    weights.matrix("transformer.wpe.weight", config["max_position_embeddings"], d_model, inner=1, gain=0.4)
    for i in range(config["num_layers"]):
        layer = f"transformer.h.{i}"
        weights.norm(f"{layer}.ln_1", d_model, bias=True)
        for letter, gain in [("q", 0.8), ("k", 0.8), ("v", 1)]:
            weights.linear(f"{layer}.attn.attention.{letter}_proj", d_model, d_model, gain=gain)
        weights.linear(f"{layer}.attn.attention.out_proj", d_model, d_model, bias=True)
        weights.norm(f"{layer}.ln_2", d_model, bias=True)
        weights.linear(f"{layer}.mlp.c_fc", d_mlp, d_model, bias=True)
        weights.linear(f"{layer}.mlp.c_proj", d_model, d_mlp, bias=True)
    weights.norm("transformer.ln_f", d_model, bias=True)
    return weights


def as_gpt2(weights, config):
    """The same model in GPT-2's layout: its scores are divided by sqrt(dHead), so queries are larger by that."""
    d_model, heads = config["hidden_size"], config["num_heads"]
    converted = {}
    for name, array in weights.items():
        if ".attn.attention.out_proj" in name:
            name = name.replace("attention.out_proj", "c_proj")
        if ".attn.attention." not in name:
            matrix = name.endswith(("c_proj.weight", "c_fc.weight"))
            converted[name.replace("transformer.", "")] = array.T if matrix else array
    for i in range(config["num_layers"]):
        q, k, v = (weights[f"transformer.h.{i}.attn.attention.{letter}_proj.weight"].T for letter in "qkv")
        converted[f"h.{i}.attn.c_attn.weight"] = np.concatenate([q * (d_model / heads) ** 0.5, k, v], 1)
        converted[f"h.{i}.attn.c_attn.bias"] = np.zeros(3 * d_model)
    sizes = {"n_embd": d_model, "n_layer": config["num_layers"], "n_head": heads}
    same = {field: config[field] for field in ("layer_norm_epsilon", "activation_function")}
    return converted, {**sizes, **same}


def main():
    weights = random_weights(CONFIG)
    run = record("gpt_neo", CONFIG, weights, forward, windows_of(CONFIG))
    # Without windows it is a GPT-2 whose queries are scaled; that forward pass was written before this one.
    everywhere = {**CONFIG, "attention_layers": ["global"] * 3}
    other = gpt2.forward(*as_gpt2(weights, CONFIG), TOKENS)
    for site, values in forward(weights, everywhere, TOKENS).items():
        if not site.endswith(".attn.q"):
            assert np.allclose(values, other[site], atol=1e-12, equal_nan=True), site
    # The first layer sees everything, the second four positions.
    assert np.allclose(run["blocks.0.resid_post"], other["blocks.0.resid_post"])
    assert np.allclose(run["logits"][:4], other["logits"][:4])
    assert not np.allclose(run["blocks.1.attn_out"][4], other["blocks.1.attn_out"][4])


if __name__ == "__main__":
    main()
