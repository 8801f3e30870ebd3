"""Temperatures and offsets fitted with torch's L-BFGS in double precision, and probabilities before and after."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402

from common import Random, golden, write  # noqa: E402

SEED = 61
RIDGE = 1e-3
random = Random(SEED)
rows, labels = 60, 3
logits = random.normal(rows, labels, scale=2) + torch.tensor([1.0, 0.0, -0.5])
probabilities = logits.softmax(-1)
truth = (0.4 * logits + random.normal(rows, labels, scale=0.8)).argmax(-1)


def fit(has_offsets):
    logs = probabilities.double().log()
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    offsets = torch.zeros(labels, dtype=torch.float64, requires_grad=True)
    leaves = [scale, offsets] if has_offsets else [scale]
    optimizer = torch.optim.LBFGS(leaves, max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-14,
                                  line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        scores = scale * logs + (offsets if has_offsets else 0)
        decay = (scale - 1) ** 2 + (offsets**2).sum() * has_offsets
        value = torch.nn.functional.cross_entropy(scores, truth) + RIDGE / 2 * decay
        value.backward()
        return value

    optimizer.step(loss)
    with torch.no_grad():
        scores = scale * logs + (offsets if has_offsets else 0)
        return {"temperature": 1 / scale, "offsets": offsets, "calibrated": scores.softmax(-1)}


tensors = {"probabilities": probabilities, "labels": truth}
for name, has_offsets in [("temperature", False), ("bias", True)]:
    tensors |= {f"{name}.{key}": value for key, value in fit(has_offsets).items()}
write(golden("prompts"), tensors, SEED, "softmax(log p / temperature + offsets); weight decay 1e-3 / 2 of "
      "(1 / temperature - 1)^2 and, where they are fitted, of the offsets")
