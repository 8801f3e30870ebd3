"""Times a step of PET and an iteration of AutoPrompt in Cloze and in PyTorch by turns, on the same rows of a masked model.

PyTorch is timed twice: in its strongest form, which meets the vocabulary at masks only, and as the papers' own code does
the work.
"""

import argparse
import os
import sys
from pathlib import Path

from turns import compare

HERE = Path(__file__).resolve().parent

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cloze", required=True, help="the program")
parser.add_argument("--model", required=True, help="a folder with a masked-language-model head, which both read")
parser.add_argument("--data", required=True, help="labelled rows, JSON lines")
parser.add_argument("--template", default="{text} It was {answer}.")
parser.add_argument("--words", default="negative=terrible,positive=great")
parser.add_argument("--turns", type=int, default=3)
parser.add_argument("--steps", type=int, default=8)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--json", action="store_true", help="print every measurement as JSON")
arguments = parser.parse_args()

SHARED = [
    "--model", arguments.model, "--data", arguments.data, "--template", arguments.template, "--words", arguments.words,
    "--steps", arguments.steps, "--threads", arguments.threads,
]


def contenders(work: str, script: str, batch: int, *options) -> dict[str, list]:
    peer = [sys.executable, HERE / script, *SHARED, "--batch", batch, *options]
    return {
        "Cloze": [arguments.cloze, "bench", work, *SHARED, "--batch", batch, *options, "--json"],
        "PyTorch": peer,
        "PyTorch as the paper's code": [*peer, "--reference"],
    }


compare(
    {
        "AutoPrompt iteration": contenders(
            "autoprompt", "autoprompt_iteration.py", 24, "--triggers", 3, "--candidates", 10
        ),
        "PET step": contenders("pet", "pet_step.py", 16),
    },
    arguments.turns, arguments.json,
    f"{arguments.threads} threads, medians of {arguments.turns} turns of {arguments.steps} steps, "
    f"{Path(arguments.model).name}, {Path(arguments.data).parent.name}",
)
