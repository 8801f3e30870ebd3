"""Clipping a set of gradients by their common norm, as torch does it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402

from common import Random, golden, write  # noqa: E402

SEED = 303
random = Random(SEED)
shapes = {"first": (5, 7), "second": (11,), "third": (2, 3)}
tensors = {}
for name, scale, limit in [
    ("above", 1.0, 1.0),
    ("below", 0.01, 1.0),
    ("large", 1000.0, 0.5),
    ("zero", 0.0, 1.0),
]:
    leaves = {key: torch.zeros(shape, requires_grad=True) for key, shape in shapes.items()}
    for key, leaf in leaves.items():
        leaf.grad = random.normal(*shapes[key], scale=scale)
        tensors[f"{name}.gradient.{key}"] = leaf.grad.clone()
    norm = torch.nn.utils.clip_grad_norm_(list(leaves.values()), limit, foreach=False)
    tensors |= {f"{name}.norm": norm, f"{name}.limit": limit}
    tensors |= {f"{name}.clipped.{key}": leaf.grad for key, leaf in leaves.items()}
write(
    golden("training"),
    tensors,
    SEED,
    """norm is that of all gradients of a case together, before clipping. torch multiplies by min(1, limit /
    (norm + 1e-6)).""",
)
