"""Each row centred, divided by its standard deviation, scaled and shifted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 103
random = Random(SEED)
tensors = {}
for case, epsilon in [("plain", 1e-5), ("bert", 1e-12)]:
    inputs = {
        "input": random.normal(9, 37, centre=0.7),
        "weight": random.normal(37, scale=0.3, centre=1),
        "bias": random.normal(37),
    }
    inputs["input"][3] *= 0.01
    tensors |= with_gradients(
        f"{case}.",
        lambda input, weight, bias: torch.layer_norm(input, (37,), weight, bias, epsilon),
        inputs,
        random,
    )
    tensors[f"{case}.epsilon"] = epsilon
write(golden("tensors"), tensors, SEED)
