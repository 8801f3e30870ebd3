"""Seconds that an iteration of AutoPrompt takes in PyTorch: the gradient at the triggers over one batch, the best tokens
of the vocabulary by it, and how often the triggers and each candidate are right on another batch; the first warms up.

The strongest form: frozen weights, the head at the answer's mask only, and only the label words' rows of the output
matrix where candidates are compared. With --reference as AutoPrompt's code has it: the head at every position.
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
parser.add_argument("--batch", type=int, default=24)
parser.add_argument("--triggers", type=int, default=3)
parser.add_argument("--candidates", type=int, default=10)
parser.add_argument("--steps", type=int, default=8, help="how many iterations are timed")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--reference", action="store_true", help="as AutoPrompt's code has it")
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.set_flush_denormal(True)
random.seed(0)
model, tokenizer = load(arguments.model)
model.eval().requires_grad_(False)
task = Cloze(arguments.data, arguments.template, arguments.words, tokenizer)
table = model.get_input_embeddings().weight
batches = 2 * (arguments.steps + 1)
mask_id = tokenizer.mask_token_id


def prepared(index: int):
    """Ids, attention mask, where triggers and answers stand, and labels."""
    rows = [task.rows[(index * arguments.batch + place) % len(task.rows)] for place in range(arguments.batch)]
    ids, mask = padded([task.ids(row, arguments.triggers) for row in rows])
    slots = (ids == mask_id).nonzero().view(len(rows), arguments.triggers + 1, 2)
    return ids, mask, slots[:, :-1, 1], slots[:, -1, 1], torch.tensor([task.label(row) for row in rows])


def filled(ids, places, triggers):
    ids = ids.clone()
    ids[torch.arange(len(ids))[:, None], places] = triggers
    return ids


def gradient(ids, mask, places, answers, labels, triggers) -> torch.Tensor:
    leaf = table[triggers].clone().requires_grad_()
    embedded = table[filled(ids, places, triggers)]
    embedded = embedded.index_put((torch.arange(len(ids))[:, None], places), leaf.expand(len(ids), -1, -1))
    inputs = {"inputs_embeds": embedded, "attention_mask": mask}
    at = (torch.arange(len(ids)), answers)
    logits = model(**inputs).logits[at] if arguments.reference else scores_at(model, at, **inputs)
    loss = -logits.log_softmax(-1)[torch.arange(len(ids)), task.tokens[labels]].mean()
    loss.backward()
    return leaf.grad


@torch.inference_mode()
def value(ids, mask, places, answers, labels, triggers) -> float:
    inputs = {"input_ids": filled(ids, places, triggers), "attention_mask": mask}
    at = (torch.arange(len(ids)), answers)
    if arguments.reference:
        scores = model(**inputs).logits[at].log_softmax(-1)[:, task.tokens]
    else:
        scores = scores_at(model, at, task.tokens, **inputs)
    return float((scores.argmax(-1) == labels).float().mean())


triggers = torch.full((arguments.triggers,), mask_id)
seconds, tokens = [], []
for step in range(arguments.steps + 1):
    proposing, judging = prepared(2 * step), prepared(2 * step + 1)
    start = time.perf_counter()
    place = random.randrange(arguments.triggers)
    worth = -(table @ gradient(*proposing, triggers)[place])
    worth[list(tokenizer.all_special_ids) + task.tokens.tolist()] -= 1e32
    best, score = triggers, value(*judging, triggers)
    for token in worth.topk(arguments.candidates).indices:
        candidate = triggers.clone()
        candidate[place] = token
        found = value(*judging, candidate)
        if found > score:
            best, score = candidate, found
    triggers = best
    if step:
        seconds.append(time.perf_counter() - start)
        tokens.append(int(judging[1].sum()))

print(json.dumps({
    "seconds": statistics.median(seconds), "examples": arguments.batch * (arguments.candidates + 2),
    "realTokens": round(statistics.mean(tokens)), "peakBytes": peak_bytes(),
}))
