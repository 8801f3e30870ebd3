"""Scores a task's rows with transformers, zero- and few-shot, as an evaluation harness does it: every row carries its
examples. Also compares row by row with what Cloze answered to the same prompts.

    few_shot.py --model FOLDER --task sst2 --data DATA --shots 8 --rows 100 --cloze PROGRAM --cloze-model FILE

draws the examples here (so many of each label in turn), writes them to a file that Cloze takes as its pool, asks Cloze
for the same rows with the same examples in the same order, and prints how many labels are equal, how near to a tie the
others are, and the rows a second of both. Without --cloze it prints the peer's side only.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from rows import load, padded, peak_bytes

HERE = Path(__file__).resolve().parent
TASKS = HERE.parent.parent / "Examples" / "in-context-tasks.tsv"

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--model", required=True, help="a Hugging Face folder in float32")
parser.add_argument("--data", required=True, help="the folder of tasks")
parser.add_argument("--task", required=True, help="a line of Examples/in-context-tasks.tsv")
parser.add_argument("--shots", type=int, default=0)
parser.add_argument("--rows", type=int, default=100)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--cloze", help="the program, to be compared with")
parser.add_argument("--cloze-model", help="the same weights as Cloze reads them")
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.set_flush_denormal(True)

line = next(line for line in TASKS.read_text(encoding="utf-8").splitlines() if line.startswith(arguments.task + "\t"))
_, metric, _, _, template, words, _ = line.split("\t")
if words.startswith("@"):
    sys.exit(f"{arguments.task} brings its choices with each row; this script compares tasks with label words")
source = template
template = template.replace("\\n", "\n").removesuffix(" {answer}")
words = dict(pair.split("=") for pair in words.split(","))
labels = list(words)


def read(name: str) -> list[dict]:
    path = Path(arguments.data) / arguments.task / name
    return [json.loads(line) for line in open(path, encoding="utf-8")] if path.exists() else []


def question(row: dict) -> str:
    return template.format(**{key: value for key, value in row.items() if isinstance(value, str)})


def draw() -> list[dict]:
    pool = read("pool.jsonl") or read("train.jsonl")
    random.Random(arguments.seed).shuffle(pool)
    of_label = {label: [row for row in pool if row["label"] == label] for label in labels}
    return [of_label[labels[turn % len(labels)]].pop() for turn in range(arguments.shots)]


model, tokenizer = load(arguments.model)
model.eval()
examples = draw()
front = "".join(f"{question(row)} {words[row['label']]}\n\n" for row in examples)
tests = read("test.jsonl")[: arguments.rows]
first = [tokenizer(" " + words[label], add_special_tokens=False).input_ids[0] for label in labels]
single = all(len(tokenizer(" " + word, add_special_tokens=False).input_ids) == 1 for word in words.values())


@torch.inference_mode()
def whole_words(row: dict) -> torch.Tensor:
    """The log-probability of each whole word, one plain pass a word: for words of several tokens."""
    context = tokenizer(front + question(row)).input_ids
    scores = []
    for word in words.values():
        tokens = tokenizer(" " + word, add_special_tokens=False).input_ids
        ids = torch.tensor([context + tokens])
        logits = model(input_ids=ids, use_cache=False).logits[0].log_softmax(-1)
        scores.append(sum(logits[len(context) + place - 1, token] for place, token in enumerate(tokens)))
    return torch.stack(scores)


@torch.inference_mode()
def batches() -> tuple[dict[int, torch.Tensor], int]:
    """Scores by row from padded batches of rows of like length, and the tokens that were read."""
    rows = sorted(((tokenizer(front + question(row)).input_ids, place) for place, row in enumerate(tests)),
                  key=lambda pair: len(pair[0]))
    table = model.get_output_embeddings().weight[torch.tensor(first)]
    scores, tokens = {}, 0
    for begin in range(0, len(rows), arguments.batch):
        batch = rows[begin : begin + arguments.batch]
        ids, mask = padded([ids for ids, _ in batch])
        hidden = model.base_model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        last = hidden[torch.arange(len(batch)), mask.sum(1) - 1] @ table.T
        scores |= {place: row for (_, place), row in zip(batch, last)}
        tokens += int(mask.sum())
    return scores, tokens


start = time.perf_counter()
if single:
    scores, tokens = batches()
else:
    scores = {place: whole_words(row) for place, row in enumerate(tests)}
    tokens = 0
seconds = time.perf_counter() - start
answers = [labels[int(scores[place].argmax())] for place in range(len(tests))]
right = sum(answer == row["label"] for answer, row in zip(answers, tests))
report = {
    "task": arguments.task, "shots": arguments.shots, "rows": len(tests), "accuracy": right / len(tests),
    "rowsASecond": len(tests) / seconds, "tokensARow": tokens / len(tests), "peakBytes": peak_bytes(),
}

if arguments.cloze:
    with tempfile.TemporaryDirectory() as folder:
        pool, out, asked = (Path(folder) / name for name in ("pool.jsonl", "out.jsonl", "test.jsonl"))
        asked.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in tests), encoding="utf-8")
        # Cloze draws by its own random numbers; written into the template, the examples are these, in this order.
        escaped = front.replace("{", "{{").replace("}", "}}").replace("\\", "\\\\").replace("\n", "\\n")
        command = [
            arguments.cloze, "evaluate", "--quiet", "--json", "--model", arguments.cloze_model, "--template",
            escaped + source, "--words", ",".join(f"{label}={word}" for label, word in words.items()), "--data", asked,
            "--limit", "8000", "--predictions", out, "--threads", arguments.threads,
        ]
        start = time.perf_counter()
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True)
        whole = time.perf_counter() - start
        theirs = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    gaps = []
    for place, (mine, answer) in enumerate(zip(theirs, answers)):
        if mine["label"] != answer:
            probabilities = scores[place].softmax(-1).sort(descending=True).values
            gaps.append({"row": place, "peer": answer, "cloze": mine["label"],
                         "gap": float(probabilities[0] - probabilities[1])})
    peers = torch.stack([scores[place].softmax(-1) for place in range(len(tests))])
    ours = torch.tensor([[row["probabilities"][label] for label in labels] for row in theirs])
    report |= {
        "clozeAccuracy": json.loads(done.stdout)["metrics"][0]["value"], "equalLabels": len(tests) - len(gaps),
        "different": gaps, "largestDifference": float((peers - ours).abs().max()),
        "clozeRowsASecond": 1 / json.loads(done.stdout)["secondsARow"], "clozeSecondsWithLoading": whole,
    }
print(json.dumps(report, ensure_ascii=False))
