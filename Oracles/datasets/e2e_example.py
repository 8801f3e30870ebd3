"""The ten instances that come with the scripts of the E2E challenge, by those scripts' own scorers.

Usage: python Oracles/datasets/e2e_example.py FOLDER   (pycocoevalcap, numpy, future; a Java runtime for its tokenizer)
FOLDER is a checkout of https://github.com/tuetschek/e2e-metrics: its Python BLEU and NIST on the texts as they are, and
ROUGE-L and CIDEr-D of the captions evaluation behind Stanford's PTB tokenizer, as measure_scores.py calls them.
The texts are those of the E2E data's development set (Novikova, Dušek & Rieser 2017), CC BY-SA 4.0.
"""
import importlib.metadata
import json
import pathlib
import sys

checkout = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(checkout / "metrics"))
from pycocoevalcap.cider.cider import Cider  # noqa: E402
from pycocoevalcap.rouge.rouge import Rouge  # noqa: E402
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer  # noqa: E402
from pymteval import BLEUScore, NISTScore  # noqa: E402

inputs = checkout / "example-inputs"
blocks = (inputs / "devel-conc.txt").read_text().strip().split("\n\n")
references = [block.splitlines() for block in blocks]
predicted = (inputs / "baseline-output.txt").read_text().strip().splitlines()

bleu, nist = BLEUScore(), NISTScore()
for answer, texts in zip(predicted, references):
    bleu.append(answer, texts)
    nist.append(answer, texts)
tokenizer = PTBTokenizer()
wanted = tokenizer.tokenize({row: [{"caption": text} for text in texts] for row, texts in enumerate(references)})
given = tokenizer.tokenize({row: [{"caption": text}] for row, text in enumerate(predicted)})

document = {
    "made_with": {
        "script": "Oracles/datasets/e2e_example.py",
        "data": "E2E NLG Challenge, first ten instances of the development set, CC BY-SA 4.0",
        "pycocoevalcap": importlib.metadata.version("pycocoevalcap"),
    },
    "rows": [{"predicted": answer, "references": texts} for answer, texts in zip(predicted, references)],
    "bleu": bleu.score(),
    "nist": nist.score(),
    "rouge_l": float(Rouge().compute_score(wanted, given)[0]),
    "cider_d": float(Cider().compute_score(wanted, given)[0]),
}
place = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/datasets/e2e_example.json"
place.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
