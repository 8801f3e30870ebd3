"""Softmax and log-softmax of rows, one row shifted far up and one nearly certain."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 108
random = Random(SEED)
values = random.normal(8, 29, scale=2)
values[2] += 1000
values[3] -= 1000
values[4, 11] = 60

tensors = with_gradients("softmax.", lambda input: input.softmax(-1), {"input": values}, random)
tensors |= with_gradients("log_softmax.", lambda input: input.log_softmax(-1), {"input": values}, random)
tensors |= with_gradients(
    "one_column.", lambda input: input.softmax(-1), {"input": random.normal(3, 1)}, random
)
write(golden("tensors"), tensors, SEED)
