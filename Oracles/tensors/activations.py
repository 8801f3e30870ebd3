"""Element-wise functions over one shared input, zero and far values among it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 106
random = Random(SEED)
functions = {
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda input: functional.gelu(input, approximate="tanh"),
    "relu": functional.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
values = random.normal(6, 23, scale=3)
values[5, :7] = torch.tensor([0.0, -0.0, 20.0, -20.0, 90.0, -90.0, 1e-6])

tensors = {}
for name, function in functions.items():
    tensors |= with_gradients(f"{name}.", lambda input: function(input), {"input": values}, random)
write(golden("tensors"), tensors, SEED, "gelu is the one with erf. The gradient of relu at 0 is 0.")
