"""Two layers of a bidirectional LSTM, as in P-tuning's prompt encoder; names and gate order of torch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 111
WIDTH, HIDDEN, LENGTH = 6, 5, 7
random = Random(SEED)
module = torch.nn.LSTM(WIDTH, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)
weights = {name: random.normal(*value.shape, scale=0.4) for name, value in module.named_parameters()}


def run(input, **weights):
    output, _ = torch.func.functional_call(module, weights, (input[None],))
    return output[0]


tensors = with_gradients("", run, {"input": random.normal(LENGTH, WIDTH), **weights}, random)
tensors |= {"width": WIDTH, "hidden": HIDDEN}
write(
    golden("tensors"),
    tensors,
    SEED,
    """input [T, width], output [T, 2 * hidden], forward direction first. Gates in the order input, forget,
    cell, output; both biases are added; the state starts at zero.""",
)
