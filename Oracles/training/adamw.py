"""Ten steps of AdamW on a quadratic: plain, with decay, with other betas, with a falling rate."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402

from common import Random, golden, write  # noqa: E402

SEED, STEPS = 301, 10
random = Random(SEED)
start, centre = random.normal(5, 7), random.normal(5, 7)
curvature = random.normal(5, 7).abs() + 0.1
cases = {
    "plain": {"rate": 1e-2, "betas": (0.9, 0.999), "epsilon": 1e-8, "decay": 0.0, "falling": False},
    "decay": {"rate": 1e-2, "betas": (0.9, 0.999), "epsilon": 1e-8, "decay": 0.1, "falling": False},
    "other_betas": {"rate": 3e-2, "betas": (0.8, 0.95), "epsilon": 1e-3, "decay": 0.0, "falling": False},
    "falling": {"rate": 1e-1, "betas": (0.9, 0.999), "epsilon": 1e-8, "decay": 0.01, "falling": True},
}
tensors = {"start": start, "centre": centre, "curvature": curvature}
for name, case in cases.items():
    weights = start.clone().requires_grad_()
    optimizer = torch.optim.AdamW(
        [weights],
        lr=case["rate"],
        betas=case["betas"],
        eps=case["epsilon"],
        weight_decay=case["decay"],
        foreach=False,
    )
    path, gradients, rates = [start], [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        (0.5 * curvature * (weights - centre) ** 2).sum().backward()
        rates.append(case["rate"] * (1 - step / STEPS if case["falling"] else 1))
        optimizer.param_groups[0]["lr"] = rates[-1]
        optimizer.step()
        gradients.append(weights.grad.clone())
        path.append(weights.detach().clone())
    tensors |= {
        f"{name}.weights": torch.stack(path),
        f"{name}.gradients": torch.stack(gradients),
        f"{name}.rates": torch.tensor(rates),
        f"{name}.beta1": case["betas"][0],
        f"{name}.beta2": case["betas"][1],
        f"{name}.epsilon": case["epsilon"],
        f"{name}.decay": case["decay"],
    }
write(
    golden("training"),
    tensors,
    SEED,
    """loss = sum(curvature * (weights - centre)^2) / 2. weights[11, 5, 7] are the start and the values after
    each step; gradients[10, 5, 7] were taken before each. decay is multiplied by the rate; epsilon is
    added after the square root.""",
)
