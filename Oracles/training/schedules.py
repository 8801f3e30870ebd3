"""Learning rates of transformers' schedules at steps 0 to 19, as a share of the base rate."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from transformers import (  # noqa: E402
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

from common import golden, write  # noqa: E402

STEPS = 20


def shares(make, **settings):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimizer, **settings)
    values = []
    for _ in range(STEPS):
        values.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return torch.tensor(values, dtype=torch.float64)


tensors = {}
for warmup in (0, 4):
    tensors |= {
        f"linear.warmup{warmup}": shares(
            get_linear_schedule_with_warmup, num_warmup_steps=warmup, num_training_steps=STEPS
        ),
        f"cosine.warmup{warmup}": shares(
            get_cosine_schedule_with_warmup, num_warmup_steps=warmup, num_training_steps=STEPS
        ),
        f"constant.warmup{warmup}": shares(get_constant_schedule_with_warmup, num_warmup_steps=warmup),
    }
# A total shorter than the run: the share stays at 0 once it is there.
tensors["linear.short"] = shares(get_linear_schedule_with_warmup, num_warmup_steps=3, num_training_steps=12)
write(
    golden("training"),
    tensors,
    0,
    """20 values each, the share at step i. Total is 20; in linear.short it is 12 with a warm-up of 3.
    Nothing here is random.""",
)
