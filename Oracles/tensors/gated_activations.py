"""The gated middle of a feed-forward block: activation(gate) * up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from torch.nn import functional  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 107
random = Random(SEED)
functions = {
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda gate: functional.gelu(gate, approximate="tanh"),
}
tensors = {}
for name, function in functions.items():
    inputs = {"gate": random.normal(7, 19, scale=2), "up": random.normal(7, 19)}
    tensors |= with_gradients(f"{name}.", lambda gate, up: function(gate) * up, inputs, random)
write(golden("tensors"), tensors, SEED)
