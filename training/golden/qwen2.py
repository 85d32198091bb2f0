"""Golden run of Qwen 2: Llama with biases on queries, keys and values only, unembedding tied. As in its published
files the window is switched off; the config names one all the same, and it must be ignored."""
import numpy as np
from common import TOKENS, record
from llama import CONFIG, forward, random_weights


def main():
    config = {**CONFIG, "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 24}
    for field in ("rope_scaling", "attention_bias", "mlp_bias", "head_dim"):
        del config[field]
    config.update({"use_sliding_window": False, "sliding_window": 4, "max_window_layers": 1})
    config["tie_word_embeddings"] = True
    weights = random_weights("qwen2", config, qkv_bias=True)
    run = record("qwen2", config, weights, forward, [None, None])
    # Each of the three biases matters (that of keys only because positions rotate it).
    for letter in "qkv":
        dropped = {name: array * (f"{letter}_proj.bias" not in name) for name, array in weights.items()}
        assert np.abs(run["logits"] - forward(dropped, config, TOKENS)["logits"]).max() > 0.01


if __name__ == "__main__":
    main()
