"""ProtoVerb's losses, gradients, steps and scores on random states, as OpenPrompt's ProtoVerbalizer has them, written anew."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from common import Random, golden, write  # noqa: E402

SEED = 1031
CLASSES, SHOTS, WIDTH, SMALL, STEPS, QUERIES = 3, 4, 32, 64, 5, 6


def cosines(one, other):
    return functional.normalize(one, dim=-1) @ functional.normalize(other, dim=-1).T


def loss(points, prototypes):
    """`points` [class, shot, 64]."""
    first = 0.0
    similar = torch.exp(
        functional.normalize(points, dim=-1) @ functional.normalize(prototypes, dim=-1).T
    )  # [class, shot, prototype]
    for shot in range(SHOTS):
        own = torch.diag(similar[:, shot, :])
        first = first - torch.log(own / similar[:, shot, :].sum(1)).sum()
    first = first / (SHOTS * CLASSES * CLASSES)
    second = 0.0
    for label in range(CLASSES):
        own_to_all = torch.exp(
            functional.normalize(points, dim=-1) @ functional.normalize(points[label], dim=-1).T
        )  # [class, shot, anchor]
        positive = own_to_all[label]
        negative = (own_to_all.sum(0) - positive).sum(0)
        second = second - torch.log(positive / (positive + negative)).sum()
    return first + second / (SHOTS * CLASSES * SHOTS * CLASSES)


def standardised(scores):
    return (scores - scores.mean(-1, keepdim=True)) / scores.std(-1, keepdim=True)


random = Random(SEED)
states = random.normal(CLASSES, SHOTS, WIDTH) + random.normal(CLASSES, 1, WIDTH)
matrix = (random.normal(SMALL, WIDTH, scale=0.1)).requires_grad_()
prototypes = (random.normal(CLASSES, SMALL, scale=0.2)).requires_grad_()
start = {"matrix": matrix.detach().clone(), "prototypes": prototypes.detach().clone()}
optimizer = torch.optim.Adam([matrix, prototypes], lr=1e-3, foreach=False)
losses, gradients = [], {}
for step in range(STEPS):
    optimizer.zero_grad()
    value = loss(states @ matrix.T, prototypes)
    value.backward()
    losses.append(value.detach())
    if step == 0:
        gradients = {"gradient.matrix": matrix.grad.clone(), "gradient.prototypes": prototypes.grad.clone()}
    optimizer.step()
losses.append(loss(states @ matrix.T, prototypes).detach())
queries, manual = random.normal(QUERIES, WIDTH), random.normal(QUERIES, CLASSES, scale=3.0)
near = cosines(queries @ matrix.T, prototypes)
means = cosines(queries @ matrix.T, functional.normalize(states @ matrix.T, dim=-1).mean(1))
write(
    golden("prompts"),
    start
    | gradients
    | {
        "states": states.reshape(-1, WIDTH),
        "losses": torch.stack(losses),
        "learned.matrix": matrix,
        "learned.prototypes": prototypes,
        "queries": queries,
        "manual": manual,
        "alone": near.log_softmax(-1),
        "together": ((standardised(near) + standardised(manual)) / 2).log_softmax(-1),
        "nearest": means.argmax(-1),
        "centroids": functional.normalize(states @ matrix.T, dim=-1).mean(1),
    },
    SEED,
    """states: 4 rows of each of 3 labels, label by label. losses: five steps of Adam 1e-3 and after them. alone,
    together: log-softmax of the scores of the queries with the learned weights. nearest: by the labels' mean points.""",
)
