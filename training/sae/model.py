"""The shipped `ledger` model in PyTorch: its f16 weights as they are in the file, computed in f32, every residual
stream at hand, and the forward pass started again from any of them.

    python3 model.py FOLDER "prompt of words" OUT.safetensors     logits and resid_post of one text, to compare

train.py in the folder above has the same network inside a trainer that reads its arguments on import, with its
GELU in C; this one shares no state with it and reads the file that ships.
"""
import hashlib
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

TYPES = {"F16": "<f2", "F32": "<f4"}
PAD = 3


def read_safetensors(path):
    raw = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = np.frombuffer(raw[start + begin : start + end], TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(flat.astype(np.float32).reshape(entry["shape"]))
    return tensors


def write_safetensors(path, tensors, dtype):
    header, offset, chunks = {"__metadata__": {"format": "pt"}}, 0, []
    for name, value in tensors.items():
        data = value.detach().numpy().astype(TYPES[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        chunks.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


class Ledger:
    def __init__(self, folder):
        folder = Path(folder)
        config = json.loads((folder / "config.json").read_text())
        self.layers, self.heads, self.width = config["n_layer"], config["n_head"], config["n_embd"]
        self.context, self.epsilon = config["n_ctx"], config["layer_norm_epsilon"]
        self.weights = read_safetensors(folder / "model.safetensors")
        self.sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        self.id_of = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]

    def norm(self, x, name):
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x, (self.width,), weight, bias, self.epsilon)

    def linear(self, name, x):
        return torch.addmm(self.weights[f"{name}.bias"], x.flatten(0, -2), self.weights[f"{name}.weight"])

    def embed(self, ids):
        return self.weights["wte.weight"][ids] + self.weights["wpe.weight"][: ids.shape[1]]

    def mlp(self, i, h):
        """What the MLP of block i makes of h [token, dModel], its input after the norm."""
        h = self.linear(f"h.{i}.mlp.c_fc", h)
        h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)))
        return self.linear(f"h.{i}.mlp.c_proj", h)

    @torch.no_grad()
    def run(self, x, first=0, instead=None, seen=None):
        """Blocks from `first` on over x [batch, pos, dModel]: (logits, [resid_post of each of these blocks]).

        instead: by layer, what stands in for its MLP: [token, dModel] after the norm to [token, dModel].
        seen: a list that takes (input after the norm, output) of every MLP, both [batch, pos, dModel].
        """
        batch, length, width = x.shape
        head = width // self.heads
        unseen = torch.full((length, length), -1e9).triu(1)
        sites = []
        for i in range(first, self.layers):
            block = f"h.{i}"
            qkv = self.linear(f"{block}.attn.c_attn", self.norm(x, f"{block}.ln_1"))
            q, k, v = qkv.view(batch, length, 3, self.heads, head).permute(2, 0, 3, 1, 4)
            pattern = torch.softmax((q * head**-0.5) @ k.transpose(-1, -2) + unseen, -1)
            z = (pattern @ v).transpose(1, 2).reshape(-1, width)
            x = x + self.linear(f"{block}.attn.c_proj", z).view(x.shape)
            read = self.norm(x, f"{block}.ln_2")
            flat = read.flatten(0, -2)
            made = (instead[i](flat) if instead and i in instead else self.mlp(i, flat)).view(x.shape)
            if seen is not None:
                seen.append((read, made))
            x = x + made
            sites.append(x)
        return self.norm(x, "ln_f") @ self.weights["wte.weight"].t(), sites

    def residuals(self, rows, batch=32):
        """resid_post of every block at every token of the rows, in their order: f32 [layer, token, dModel]."""
        return self.gather(rows, lambda ids: self.run(self.embed(ids))[1], batch)

    def mlps(self, rows, batch=32):
        """What every MLP reads, after its norm, and then what every MLP writes, at every token of the rows, in their
        order: f32 [2 layers, token, dModel]."""

        def values(ids):
            seen = []
            self.run(self.embed(ids), seen=seen)
            return [read for read, _ in seen] + [made for _, made in seen]

        return self.gather(rows, values, batch)

    def gather(self, rows, values, batch):
        """values(ids), a list of [batch, pos, dModel], at every token of the rows: [list, token, dModel]."""
        starts = np.cumsum([0] + [len(row) for row in rows])
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        out = None
        for at in range(0, len(order), batch):
            group = order[at : at + batch]
            ids = torch.full((len(group), max(len(rows[i]) for i in group)), PAD)
            for j, i in enumerate(group):
                ids[j, : len(rows[i])] = torch.tensor(rows[i])
            found = values(ids)
            if out is None:
                out = torch.empty(len(found), int(starts[-1]), self.width)
            for place, value in enumerate(found):
                for j, i in enumerate(group):
                    out[place, starts[i] : starts[i + 1]] = value[j, : len(rows[i])]
        return out


def main(folder, text, out):
    ledger = Ledger(folder)
    ids = torch.tensor([[ledger.id_of["<s>"]] + [ledger.id_of[word] for word in text.split()]])
    logits, sites = ledger.run(ledger.embed(ids))
    named = {f"blocks.{i}.resid_post": site[0] for i, site in enumerate(sites)}
    write_safetensors(out, {**named, "logits": logits[0]}, "F32")


if __name__ == "__main__":
    main(*sys.argv[1:])
