"""Goldens of reports on tags and of Korean answers: seqeval's report, and KorQuAD's rules written out.

Usage: python Oracles/datasets/readouts.py   (seqeval)

KorQuAD 1.0 (Lim et al. 2019) parts words at quotes and brackets, lowers them, drops ASCII punctuation, and compares the
characters of what is left without its spaces.
"""

import collections
import json
import random
import string
import unicodedata
import warnings
from pathlib import Path

import seqeval.metrics

GOLDEN = Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "datasets" / "readouts.json"
TAGS = ["O", "B-PS", "I-PS", "B-LC", "I-LC", "I-OG"]
PARTING = "'\"《》<>〈〉()‘’"


def entities(rng):
    rows = [
        {"expected": ["B-PS", "I-PS", "O", "I-LC", "B-LC", "I-PS"], "predicted": ["B-PS", "I-LC", "O", "I-LC", "B-LC", "B-PS"]},
        {"expected": ["O", "O"], "predicted": ["I-QT", "O"]},
        {"expected": ["B-DT", "I-DT"], "predicted": ["O", "O"]},
    ]
    for _ in range(40):
        gold = [rng.choice(TAGS) for _ in range(rng.randint(1, 10))]
        rows.append({"expected": gold, "predicted": [rng.choice(TAGS) if rng.random() < 0.3 else tag for tag in gold]})
    warnings.simplefilter("ignore")
    report = seqeval.metrics.classification_report(
        [row["expected"] for row in rows], [row["predicted"] for row in rows], output_dict=True
    )
    kinds = [
        {"kind": kind, "precision": float(value["precision"]), "recall": float(value["recall"]),
         "f1": float(value["f1-score"]), "support": int(value["support"])}
        for kind, value in sorted(report.items()) if not kind.endswith(" avg")
    ]
    return {"rows": rows, "kinds": kinds, "micro_f1": float(report["micro avg"]["f1-score"])}


def characters(text):
    text = unicodedata.normalize("NFC", text)
    parted = "".join(" " if sign in PARTING else sign for sign in text).lower()
    words = "".join(sign for sign in parted if sign not in string.punctuation).split()
    return " ".join(words), list("".join(words))


def korquad():
    pairs = [
        ("병무청의", ["병무청"]), ("'병무청'", ["병무청"]), ("《토지》 박경리", ["토지 박경리"]), ("2014년 3월", ["2014년", "3월 1일"]),
        ("", ["가"]), ("가", ["나"]), ("U.S. 달러", ["us달러"]), ("서울(특별시)", ["서울 특별시"]), ("대한민국", ["민국 대한"]),
        ("\u1112\u1161\u11ab글", ["한글"]), ("a-b", ["ab"]), ("…", ["..."]),
    ]
    rows = []
    for answer, references in pairs:
        scores = []
        for reference in references:
            (a, first), (b, second) = characters(answer), characters(reference)
            shared = sum((collections.Counter(first) & collections.Counter(second)).values())
            scores.append((float(a == b), 2 * shared / (len(first) + len(second)) if shared else 0.0))
        rows.append({"predicted": answer, "expected": references,
                     "exact_match": max(s[0] for s in scores), "f1": max(s[1] for s in scores)})
    return rows


document = {"made_with": {"script": "Oracles/datasets/readouts.py", "seed": 7, "seqeval": "1.2.2"},
            "entities": entities(random.Random(7)), "korquad": korquad()}
GOLDEN.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
print(GOLDEN.name, GOLDEN.stat().st_size, "bytes")
