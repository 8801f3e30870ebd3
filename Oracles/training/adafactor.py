"""Ten steps of T5X's Adafactor, without factoring, momentum or parameter scaling, written out in numpy."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import numpy as np  # noqa: E402
import torch  # noqa: E402
from transformers.optimization import Adafactor  # noqa: E402

from common import Random, golden, write  # noqa: E402

SEED, STEPS = 302, 10
random = Random(SEED)
start = random.normal(5, 7).numpy()
centre = random.normal(5, 7).numpy()
curvature = (random.normal(5, 7).abs() + 0.1).numpy()
cases = {  # decay is not multiplied by the rate
    "default": {"rate": 0.3, "decay": 1e-5, "offset": 0},
    "decay": {"rate": 0.03, "decay": 0.01, "offset": 0},
    "late": {
        "rate": 0.3,
        "decay": 1e-5,
        "offset": 1_100_000,
    },  # as if it went on from a pretrained checkpoint
}


def gradient_at(weights):
    return curvature * (weights - centre)


def step(weights, second, gradient, count, rate, decay):
    """One update; `count` starts at 0. The power is taken in double, the rest in float32."""
    beta = np.float32(1 - (count + 1) ** -0.8)
    second = beta * second + (1 - beta) * (gradient**2 + np.float32(1e-30))
    update = gradient / np.sqrt(second)
    update = update / max(np.float32(1), np.sqrt(np.mean(update**2, dtype=np.float32)))
    return np.float32(1 - decay) * weights - np.float32(rate) * update, second


def check_with_transformers(case, path):
    """Transformers factors every matrix but no vector, and scales the decay by the rate; else the same."""
    weights = torch.tensor(start).flatten().requires_grad_()
    optimizer = Adafactor(
        [weights],
        lr=case["rate"],
        weight_decay=case["decay"] / case["rate"],
        scale_parameter=False,
        relative_step=False,
    )
    for _ in range(STEPS):
        weights.grad = torch.tensor(gradient_at(weights.detach().numpy().reshape(start.shape))).flatten()
        optimizer.step()
    torch.testing.assert_close(
        weights.detach().view(start.shape), torch.tensor(path[-1]), rtol=1e-5, atol=1e-5
    )


tensors = {
    name: torch.tensor(value)
    for name, value in [("start", start), ("centre", centre), ("curvature", curvature)]
}
for name, case in cases.items():
    weights, second, path, gradients = start, np.zeros_like(start), [start], []
    for count in range(STEPS):
        gradients.append(gradient_at(weights))
        weights, second = step(
            weights, second, gradients[-1], count + case["offset"], case["rate"], case["decay"]
        )
        path.append(weights)
    if case["offset"] == 0:
        check_with_transformers(case, path)
    tensors |= {
        f"{name}.weights": torch.tensor(np.stack(path)),
        f"{name}.gradients": torch.tensor(np.stack(gradients)),
        f"{name}.second": torch.tensor(second),
        f"{name}.rate": case["rate"],
        f"{name}.decay": case["decay"],
        f"{name}.offset": case["offset"],
    }
write(
    golden("training"),
    tensors,
    SEED,
    """loss = sum(curvature * (weights - centre)^2) / 2. g2 = g^2 + 1e-30; beta = 1 - (t + 1)^-0.8 with t
    from offset; v = beta v + (1 - beta) g2; u = g / sqrt(v); u = u / max(1, rms(u)); weights = (1 -
    decay) weights - rate u. weights[11, 5, 7], gradients[10, 5, 7] before each step; second is v after
    the last.""",
)
