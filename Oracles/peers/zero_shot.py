"""Seconds that transformers takes to score a task's test rows: batches of rows of like length, padded on the right.

The strongest form of it: only the last token of a row meets the output matrix, and only the label words' rows of that.
"""

import argparse
import json
import statistics
import time

import torch
from rows import Task, load, padded, peak_bytes

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--model", required=True, help="a Hugging Face folder in float32")
parser.add_argument("--task", required=True)
parser.add_argument("--rows", type=int, default=200)
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--threads", type=int, required=True)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.set_flush_denormal(True)
model, tokenizer = load(arguments.model)
model.eval()
task = Task(arguments.task, tokenizer)
rows = task.rows("test", arguments.rows)
words = model.get_output_embeddings().weight[torch.tensor(task.first_tokens())]


@torch.inference_mode()
def score() -> tuple[int, int]:
    """How many answers were right, and how many tokens were read."""
    sequences = sorted(((task.ids(row), row["label"]) for row in rows), key=lambda pair: len(pair[0]))
    right = tokens = 0
    for begin in range(0, len(sequences), arguments.batch):
        batch = sequences[begin : begin + arguments.batch]
        ids, mask = padded([sequence for sequence, _ in batch])
        hidden = model.base_model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        scores = hidden[torch.arange(len(batch)), mask.sum(1) - 1] @ words.T
        right += sum(task.labels[best] == label for best, (_, label) in zip(scores.argmax(1).tolist(), batch))
        tokens += int(mask.sum())
    return right, tokens


seconds = []
for _ in range(3):
    start = time.perf_counter()
    right, tokens = score()
    seconds.append(time.perf_counter() - start)

print(json.dumps({
    "seconds": statistics.median(seconds),
    "examples": len(rows),
    "realTokens": tokens,
    "accuracy": right / len(rows),
    "peakBytes": peak_bytes(),
}))
