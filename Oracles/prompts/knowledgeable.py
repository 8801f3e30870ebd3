"""KPT's refinement and scoring from random scores: numpy in double, float32 where OpenPrompt has it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import numpy as np  # noqa: E402
import torch  # noqa: E402

from common import Random, golden, write  # noqa: E402
from tiny_models import under  # noqa: E402

SEED = 917
SUPPORT, VOCABULARY = 20, 40


def relevances(scores: np.ndarray, counts: list[int]) -> np.ndarray:
    """`scores` [rows, words], label by label."""
    vectors = scores - scores.mean(0)
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    starts = np.concatenate([[0], np.cumsum(counts)])
    firsts = vectors[:, starts[:-1]]
    exponent = 10 / (len(counts) - 2 + 0.01) + 1
    result = []
    for label in range(len(counts)):
        for word in range(starts[label], starts[label + 1]):
            cosines = firsts.T @ vectors[:, word]
            others = np.abs(np.delete(cosines, label))
            top = others.max()
            idf = 1 / (top * np.mean((others / top) ** exponent) ** (1 / exponent))
            result.append(-100 if cosines[label] < 0 else cosines[label] * idf)
    return np.array(result)


def kept(relevance: np.ndarray, counts: list[int]) -> list[int]:
    """How many words of each label are kept."""
    starts = np.concatenate([[0], np.cumsum(counts)])
    orders = [np.sort(relevance[starts[i] : starts[i + 1]])[::-1] for i in range(len(counts))]
    longest, best = max(counts), None
    for part in range(longest, 0, -1):
        sizes = [max(1, part * count // longest) for count in counts]
        loss = sum((own[size - 1] - 1) ** 2 for own, size in zip(orders, sizes))
        if best is None or loss < best[0]:
            best = (loss, sizes)
    return best[1]


def scored(logits: torch.Tensor, groups: list[int], calibration: torch.Tensor | None, weights: torch.Tensor):
    """KPT's label scores from the words' scores `[rows, words]`, before the softmax over labels."""
    p = logits.softmax(-1)
    if calibration is not None:
        p = p / (calibration.exp() + 1e-15)
        p = p / p.sum(-1, keepdim=True)
    logs, start, result = torch.log(p + 1e-15), 0, []
    for count in groups:
        alpha = weights[start : start + count].softmax(-1)
        result.append((logs[:, start : start + count] * alpha).sum(-1))
        start += count
    return torch.stack(result, -1)


random = Random(SEED)
tensors: dict[str, torch.Tensor] = {}
for name, counts in {"two": [6, 9], "three": [7, 4, 5]}.items():
    words = sum(counts)
    # Words of a label move together, some of them little.
    topics = random.normal(SUPPORT, len(counts))
    own = torch.cat([topics[:, [label]].expand(-1, count) for label, count in enumerate(counts)], 1)
    scores = own * random.normal(1, words, centre=0.7) + random.normal(SUPPORT, words, scale=0.8)
    relevance = relevances(scores.double().numpy(), counts)
    support = scores.mean(0)
    logits, weights = random.normal(8, words, scale=2.0), random.normal(words)
    calibration = support.log_softmax(-1)
    tensors |= under(
        name,
        {
            "counts": torch.tensor(counts),
            "scores": scores,
            "relevances": torch.tensor(relevance),
            "kept": torch.tensor(kept(relevance, counts)),
            "calibration": calibration,
            "logits": logits,
            "weights": weights,
            "plain": scored(logits, counts, None, torch.zeros(words)).log_softmax(-1),
            "calibrated": scored(logits, counts, calibration, torch.zeros(words)).log_softmax(-1),
            "weighted": scored(logits, counts, calibration, weights).log_softmax(-1),
        },
    )
mean = random.normal(VOCABULARY)
tensors |= {"mean": mean, "rarest": mean.argsort()[: int(0.3 * VOCABULARY)]}
write(
    golden("prompts"),
    tensors,
    SEED,
    """scores: of words on support rows, label by label. relevances: tf-idf. kept: words a label. logits, weights: of
    rows at use; plain, calibrated, weighted: log-probabilities of the labels. rarest: the lowest 0.3 of mean.""",
)
