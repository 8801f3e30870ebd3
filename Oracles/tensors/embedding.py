"""Rows of a table by id, some ids several times and some never; the gradient is added up by id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 110
random = Random(SEED)
ids = torch.tensor([3, 3, 0, 16, 7, 3, 16, 11, 0])
tensors = with_gradients(
    "", lambda table: functional.embedding(ids, table), {"table": random.normal(17, 10)}, random
)
tensors["ids"] = ids
write(golden("tensors"), tensors, SEED)
