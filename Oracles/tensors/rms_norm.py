"""Division by the root mean square of each row, times a weight; Gemma stores the weight minus one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 102
random = Random(SEED)


def rms_norm(input, weight, epsilon, offset):
    return input * torch.rsqrt(input.pow(2).mean(-1, keepdim=True) + epsilon) * (weight + offset)


tensors = {}
for case, epsilon, offset, centre in [
    ("plain", 1e-5, 0, 1),
    ("offset", 1e-6, 1, 0),
    ("large_epsilon", 0.5, 0, 1),
]:
    inputs = {"input": random.normal(9, 37), "weight": random.normal(37, scale=0.3, centre=centre)}
    inputs["input"][3] *= 1e-3  # a row so small that epsilon matters
    inputs["input"][4] *= 100
    tensors |= with_gradients(
        f"{case}.", lambda input, weight: rms_norm(input, weight, epsilon, offset), inputs, random
    )
    tensors |= {f"{case}.epsilon": epsilon, f"{case}.offset": offset}

# The formula above is torch's own operation; only the offset is ours to add.
check = torch.rms_norm(tensors["plain.input"], (37,), tensors["plain.weight"], 1e-5)
torch.testing.assert_close(tensors["plain.output"], check, rtol=1e-6, atol=1e-6)
write(golden("tensors"), tensors, SEED, "output = input / sqrt(mean(input^2) + epsilon) * (weight + offset)")
