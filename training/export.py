"""Writes a trained checkpoint in the Hugging Face GPT-2 layout, weights in f16.

    python3 export.py CHECKPOINT.pt FOLDER

FOLDER gets config.json and model.safetensors; `npm run model-files` adds tokenizer.json and examples.json, which
come from the generator itself.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

from language import VOCABULARY

LAYERS, HEADS, CONTEXT = 4, 4, 256


def hugging_face_names(state):
    """Our parameter names → (GPT-2's, array). GPT-2 keeps its Conv1D matrices as [in, out], and so do we."""
    yield "wte.weight", state["wte"]
    yield "wpe.weight", state["wpe"]
    for i in range(LAYERS):
        block = f"h.{i}"
        for ours, theirs in [("l1", "ln_1"), ("l2", "ln_2")]:
            yield f"{block}.{theirs}.weight", state[f"{ours}.{i}.weight"]
            yield f"{block}.{theirs}.bias", state[f"{ours}.{i}.bias"]
        for weight, bias, theirs in [
            ("qkv", "qb", "attn.c_attn"),
            ("o", "ob", "attn.c_proj"),
            ("f", "fb", "mlp.c_fc"),
            ("p", "pb", "mlp.c_proj"),
        ]:
            yield f"{block}.{theirs}.weight", state[f"{weight}.{i}"]
            yield f"{block}.{theirs}.bias", state[f"{bias}.{i}"]
    yield "ln_f.weight", state["lf.weight"]
    yield "ln_f.bias", state["lf.bias"]


def write_safetensors(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, array in tensors:
        header[name] = {"dtype": "F16", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, array in tensors:
            file.write(array.tobytes())


def main(checkpoint, folder):
    state = torch.load(checkpoint)
    tensors = [(name, value.detach().numpy().astype(np.float16)) for name, value in hugging_face_names(state)]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(folder / "model.safetensors", tensors)
    width = state["wte"].shape[1]
    config = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": len(VOCABULARY),
        "n_positions": CONTEXT,
        "n_ctx": CONTEXT,
        "n_embd": width,
        "n_layer": LAYERS,
        "n_head": HEADS,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "tie_word_embeddings": True,
        "bos_token_id": VOCABULARY.index("<s>"),
        "eos_token_id": VOCABULARY.index("</s>"),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
