"""Seconds that a step of PET takes in PyTorch: a file's rows in order, of each step's the first are labelled and three
times as many behind them are not, all weights tuned by AdamW, gradients clipped at 1; the first step warms up.

The strongest form: one walk for labelled and unlabelled rows, the head at masks only. With --reference as PET's code
has it: two walks, and the head at every position.
"""

import argparse
import json
import random
import statistics
import time

import torch
from masked import Cloze, load, padded, scores_at
from rows import peak_bytes

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--model", required=True, help="a Hugging Face folder with a masked-language-model head")
parser.add_argument("--data", required=True, help="labelled rows, JSON lines")
parser.add_argument("--template", required=True)
parser.add_argument("--words", required=True, help="negative=terrible,positive=great")
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--steps", type=int, default=8)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--alpha", type=float, default=1e-4)
parser.add_argument("--reference", action="store_true", help="as PET's code has it")
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.set_flush_denormal(True)
torch.manual_seed(0)
random.seed(0)
model, tokenizer = load(arguments.model)
model.train()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.01, fused=True)
task = Cloze(arguments.data, arguments.template, arguments.words, tokenizer)
special = set(tokenizer.all_special_ids)
size = 4 * arguments.batch


def hidden(sequence: list[int]) -> tuple[list[int], list[int]]:
    """15 % of the tokens to be guessed: masks, other tokens, or as they are; -100 elsewhere."""
    sequence, targets = list(sequence), [-100] * len(sequence)
    for place, token in enumerate(sequence):
        if token in special or random.random() >= 0.15:
            continue
        targets[place] = token
        share = random.random()
        if share < 0.9:
            sequence[place] = tokenizer.mask_token_id if share < 0.8 else random.randrange(len(tokenizer))
    return sequence, targets


def loss_of(labelled, answers, unlabelled, targets) -> torch.Tensor:
    cross_entropy = torch.nn.functional.cross_entropy
    if arguments.reference:
        ids, mask = padded(labelled)
        logits = model(input_ids=ids, attention_mask=mask).logits
        own = cross_entropy(logits[ids == tokenizer.mask_token_id][:, task.tokens], answers)
        ids, mask = padded(unlabelled)
        logits = model(input_ids=ids, attention_mask=mask).logits
        language = cross_entropy(logits.view(-1, logits.shape[-1]), pad(targets, ids).view(-1))
    else:
        ids, mask = padded(labelled + unlabelled)
        places = torch.zeros_like(ids, dtype=torch.bool)
        places[: len(labelled)] = ids[: len(labelled)] == tokenizer.mask_token_id
        wanted = pad([[-100]] * len(labelled) + targets, ids)
        places |= wanted >= 0
        states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state[places]
        head = model.cls.predictions
        states, kinds = head.transform(states), wanted[places]
        words = torch.nn.functional.linear(
            states[kinds < 0], head.decoder.weight[task.tokens], head.decoder.bias[task.tokens]
        )
        own = cross_entropy(words, answers)
        language = cross_entropy(head.decoder(states[kinds >= 0]), kinds[kinds >= 0])
    return (1 - arguments.alpha) * own + arguments.alpha * language


def pad(targets, ids) -> torch.Tensor:
    table = torch.full_like(ids, -100)
    for place, row in enumerate(targets):
        table[place, : len(row)] = torch.tensor(row)
    return table


seconds, tokens = [], []
for step in range(arguments.steps + 1):
    rows = [task.rows[(step * size + place) % len(task.rows)] for place in range(size)]
    sequences = [task.ids(row) for row in rows]
    answers = torch.tensor([task.label(row) for row in rows[: arguments.batch]])
    masked = [hidden(sequence) for sequence in sequences[arguments.batch :]]
    start = time.perf_counter()
    optimizer.zero_grad()
    loss_of(
        sequences[: arguments.batch], answers, [ids for ids, _ in masked], [targets for _, targets in masked]
    ).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step:
        seconds.append(time.perf_counter() - start)
        tokens.append(sum(map(len, sequences)))

print(json.dumps({
    "seconds": statistics.median(seconds), "examples": size, "realTokens": round(statistics.mean(tokens)),
    "peakBytes": peak_bytes(),
}))
