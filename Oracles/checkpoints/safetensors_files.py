"""Makes small safetensors files, and what the reference reader finds in them.

Run: python Oracles/checkpoints/safetensors_files.py
"""

import hashlib
import json
import os
from importlib.metadata import version

import torch
from safetensors.torch import save_file

SEED = 20261123
OUT = os.path.join(os.path.dirname(__file__), "../../Tests/Goldens/checkpoints")
MADE = {
    "script": "Oracles/checkpoints/safetensors_files.py",
    "seed": str(SEED),
    "versions": f"torch {version('torch')}, safetensors {version('safetensors')}",
}


def main():
    generator = torch.Generator().manual_seed(SEED)
    random = lambda *shape: torch.randn(shape, generator=generator)
    weights = {
        "layers.0.weight": random(3, 5),
        "layers.0.bias": random(5).to(torch.bfloat16),
        "layers.1.weight": random(2, 4).to(torch.float16),
        "scalar": random(),
        "none": torch.zeros(0, 4),
        "ids": torch.tensor([[1, -2, 3], [1 << 40, 0, -(1 << 50)]]),
        "small": torch.tensor([-1, 2, 32767], dtype=torch.int16),
        "bytes": torch.tensor([0, 127, 255], dtype=torch.uint8),
        "mask": torch.tensor([True, False, True]),
        "double": random(2).to(torch.float64),
    }
    save_file(weights, f"{OUT}/small.safetensors", metadata={**MADE, "note": 'quotes " and \\ and\nlines, é, 😀'})

    shards = {"model-00001-of-00002.safetensors": ["layers.0.weight", "layers.0.bias"],
              "model-00002-of-00002.safetensors": ["layers.1.weight", "scalar"]}
    os.makedirs(f"{OUT}/sharded", exist_ok=True)
    for name, tensors in shards.items():
        save_file({t: weights[t] for t in tensors}, f"{OUT}/sharded/{name}", metadata=MADE)
    index = {"metadata": {"total_size": 123},
             "weight_map": {t: name for name, tensors in shards.items() for t in tensors}}
    with open(f"{OUT}/sharded/model.safetensors.index.json", "w") as file:
        json.dump(index, file, indent=2)

    floats = {n: t.double().flatten().tolist() for n, t in weights.items() if t.dtype.is_floating_point}
    integers = {n: t.long().flatten().tolist() for n, t in weights.items() if not t.dtype.is_floating_point}
    data = open(f"{OUT}/small.safetensors", "rb").read()
    expected = {"made": MADE, "floats": floats, "integers": integers,
                "shapes": {n: list(t.shape) for n, t in weights.items()},
                "sha256": hashlib.sha256(data).hexdigest(),
                "sha256_of_prefixes": [hashlib.sha256(data[:n]).hexdigest() for n in range(200)]}
    with open(f"{OUT}/small.json", "w") as file:
        json.dump(expected, file, indent=0)


main()
