"""x[N, K] times the transpose of W[O, K], with and without a bias; and times W[K, O] as GPT-2 stores it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 101
random = Random(SEED)
tensors = {}

for case, rows, inner, outer in [("small", 7, 13, 5), ("one_row", 1, 48, 97), ("tails", 19, 65, 33)]:
    inputs = {"input": random.normal(rows, inner), "weight": random.normal(outer, inner, scale=0.3)}
    tensors |= with_gradients(f"{case}.", lambda input, weight: input @ weight.T, inputs, random)
    inputs["bias"] = random.normal(outer)
    tensors |= with_gradients(
        f"{case}_bias.", lambda input, weight, bias: input @ weight.T + bias, inputs, random
    )

inputs = {"input": random.normal(9, 11), "weight": random.normal(11, 6)}
tensors |= with_gradients("untransposed.", lambda input, weight: input @ weight, inputs, random)

write(golden("tensors"), tensors, SEED, "Cases: small, one_row, tails, each also with _bias; untransposed.")
