"""Packed attention: causal, windowed and in both directions; grouped heads; pasts that sequences share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import math  # noqa: E402

import torch  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 105
HEADS, KEY_HEADS, WIDTH = 6, 2, 8
LENGTHS = [5, 1, 7, 3]
PAST_LENGTHS = [4, 9]
PAST_OF = [-1, 0, 0, 1]  # which past each sequence reads; -1 is none, and two share the first

random = Random(SEED)


def attend(query, key, value, visible):
    """One sequence: query [T, heads * width]; key and value [M, key heads * width]; visible [T, M]."""
    query = query.view(-1, HEADS, WIDTH).transpose(0, 1)
    key = key.view(-1, KEY_HEADS, WIDTH).transpose(0, 1).repeat_interleave(HEADS // KEY_HEADS, 0)
    value = value.view(-1, KEY_HEADS, WIDTH).transpose(0, 1).repeat_interleave(HEADS // KEY_HEADS, 0)
    scores = query @ key.transpose(1, 2) / math.sqrt(WIDTH)
    weights = scores.masked_fill(~visible, float("-inf")).softmax(-1)
    return (weights @ value).transpose(0, 1).reshape(-1, HEADS * WIDTH)


def visibility(length, past, direction, window):
    query = torch.arange(past, past + length)[:, None]
    key = torch.arange(past + length)[None]
    visible = key <= query if direction == "causal" else torch.ones(length, past + length, dtype=torch.bool)
    return visible & (query - key < window) if window else visible


def packed(direction, window=None):
    def function(queries, keys, values, **pasts):
        rows, start = [], 0
        for length, past in zip(LENGTHS, PAST_OF):
            span = slice(start, start + length)
            key, value, before = keys[span], values[span], 0
            if past >= 0 and pasts:
                key = torch.cat([pasts[f"past{past}_keys"], key])
                value = torch.cat([pasts[f"past{past}_values"], value])
                before = PAST_LENGTHS[past]
            rows.append(attend(queries[span], key, value, visibility(length, before, direction, window)))
            start += length
        return torch.cat(rows)

    return function


def inputs(with_pasts):
    total = sum(LENGTHS)
    values = {
        "queries": random.normal(total, HEADS * WIDTH),
        "keys": random.normal(total, KEY_HEADS * WIDTH),
        "values": random.normal(total, KEY_HEADS * WIDTH),
    }
    if with_pasts:
        for index, length in enumerate(PAST_LENGTHS):
            values[f"past{index}_keys"] = random.normal(length, KEY_HEADS * WIDTH)
            values[f"past{index}_values"] = random.normal(length, KEY_HEADS * WIDTH)
    return values


common = {
    "lengths": torch.tensor(LENGTHS),
    "past_of": torch.tensor(PAST_OF),
    "past_lengths": torch.tensor(PAST_LENGTHS),
    "heads": HEADS,
    "key_heads": KEY_HEADS,
    "width": WIDTH,
}
for name, direction, window in [
    ("attention_causal_grouped", "causal", None),
    ("attention_bidirectional", "both", None),
    ("attention_window", "causal", 3),
]:
    tensors = dict(common)
    tensors |= with_gradients("plain.", packed(direction, window), inputs(False), random)
    tensors |= with_gradients("past.", packed(direction, window), inputs(True), random)
    if window:
        tensors["window"] = window
    write(
        golden("tensors", name),
        tensors,
        SEED,
        """queries [N, heads * width], keys and values [N, key_heads * width], packed by lengths; scale 1 /
        sqrt(width). A past stands before its sequence and is visible to all of its rows (within the
        window, which counts the row itself: a row sees keys at distance < window). plain: no pasts.""",
    )
