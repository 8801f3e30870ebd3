"""The mean over rows of the negative log-probability of each target, in nats."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 109
random = Random(SEED)
tensors = {}
for case, rows, classes in [("small", 7, 3), ("vocabulary", 11, 97), ("one_row", 1, 2)]:
    targets = random.integers(rows, below=classes)
    logits = random.normal(rows, classes, scale=3)
    logits[0] += 500
    tensors |= with_gradients(
        f"{case}.", lambda logits: functional.cross_entropy(logits, targets), {"logits": logits}, random
    )
    tensors[f"{case}.targets"] = targets
    tensors[f"{case}.each"] = functional.cross_entropy(logits, targets, reduction="none")
write(
    golden("tensors"),
    tensors,
    SEED,
    "each: the loss of every row; output: their mean; cotangent: one number.",
)
