"""Makes a small PyTorch checkpoint (a ZIP with a pickle), what it holds, and pickles that must be refused.

Run: python Oracles/checkpoints/pytorch_files.py
"""

import collections
import os
import pickle
import zipfile
from importlib.metadata import version

import torch
from safetensors.torch import save_file

SEED = 20261123
OUT = os.path.join(os.path.dirname(__file__), "../../Tests/Goldens/checkpoints")
MADE = {
    "script": "Oracles/checkpoints/pytorch_files.py",
    "seed": str(SEED),
    "versions": f"torch {version('torch')}, safetensors {version('safetensors')}",
}


class Attack:
    """Runs a command when a careless reader unpickles it."""

    def __reduce__(self):
        return (os.system, ("echo attacked",))


def main():
    generator = torch.Generator().manual_seed(SEED)
    random = lambda *shape: torch.randn(shape, generator=generator)
    shared = random(6, 4)
    state = collections.OrderedDict()
    state["embedding.weight"] = shared
    state["head.weight"] = shared
    state["rows"] = shared[2:5]
    state["half"] = random(3).to(torch.float16)
    state["brain"] = random(2, 2).to(torch.bfloat16)
    state["scalar"] = random()
    state["ids"] = torch.tensor([[1, -2], [3, 1 << 40]])
    state["mask"] = torch.tensor([True, False])
    state["none"] = torch.zeros(0, 3)
    state["parameter"] = torch.nn.Parameter(random(2, 3))
    torch.save(state, f"{OUT}/small.bin")
    whole = {name: tensor.detach().clone().contiguous() for name, tensor in state.items()}
    save_file(whole, f"{OUT}/small-bin-values.safetensors", metadata=MADE)

    torch.save({"state_dict": {"a": random(2)}, "epoch": 3, "rate": 0.5, "name": "x" * 300, "list": [1, (2, None)]},
               f"{OUT}/nested.bin")
    torch.save({"a": shared.T}, f"{OUT}/strided.bin")
    with zipfile.ZipFile(f"{OUT}/attack.bin", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"a": Attack()}, protocol=2))
        archive.writestr("archive/version", "3\n")


main()
