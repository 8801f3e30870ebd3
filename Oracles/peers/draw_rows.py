"""Writes the few-shot rows that a Python trainer draws, so that Cloze can be trained on the very same ones.

    python Oracles/peers/draw_rows.py --task FOLDER --seed 0 --per-label 16 > rows.jsonl
    cloze train --model MODEL --train rows.jsonl --test FOLDER/test.jsonl --template ... --words ... --output OUT

The pool is shuffled by Python's own generator and the first rows of each label are taken, which is what most published
few-shot scripts do.
"""

import argparse
import json
import random
import sys
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--task", type=Path, required=True, help="a folder with task.json and pool.jsonl")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--per-label", type=int, default=16)
arguments = parser.parse_args()

labels = json.loads((arguments.task / "task.json").read_text(encoding="utf-8"))["labels"]
with open(arguments.task / "pool.jsonl", encoding="utf-8") as lines:
    pool = [json.loads(line) for line in lines]
random.seed(arguments.seed)
shuffled = random.sample(pool, len(pool))
for label in labels:
    for row in [row for row in shuffled if row["label"] == label][: arguments.per_label]:
        kept = {"text": row["text"], "label": row["label"], "id": row.get("id")}
        sys.stdout.write(json.dumps(kept, ensure_ascii=False) + "\n")
