"""Goldens of the readers: tables written by Python's csv module and rows written by its json module.

Usage: python Oracles/datasets/rows.py
"""
import csv
import io
import json
import pathlib
import platform
import random

SEED = 5
OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "datasets" / "rows.json"
PIECES = ["a", "리뷰", ",", '"', "\n", "\r\n", " ", "\t", "'", "\u0301", "\u200d", "😀", "\u2028", "\\", "{", "b c", "한", "\ufeff"]


def cell(rng, line_breaks=True):
    pieces = PIECES if line_breaks else [p for p in PIECES if "\n" not in p and p != "\t"]
    return "".join(rng.choice(pieces) for _ in range(rng.randint(0, 6)))


def main():
    rng = random.Random(SEED)
    golden = {"made_by": "Oracles/datasets/rows.py", "seed": SEED, "python": platform.python_version()}
    tables = []
    for ending in ("\r\n", "\n"):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            rows = [[cell(rng), cell(rng) + "x", "a"] for _ in range(40)]
            out = io.StringIO()
            writer = csv.writer(out, lineterminator=ending, quoting=quoting)
            writer.writerows([["text", "second", "label"]] + rows)
            tables.append({"csv": out.getvalue(), "rows": rows})
    golden["csv"] = tables
    rows = [[cell(rng, False), "x" + cell(rng, False), "a"] for _ in range(60)]
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows([["text", "second", "label"]] + rows)
    golden["tsv"] = {"tsv": out.getvalue(), "rows": rows}
    texts = [cell(rng) + "\x01\x1f\b\f/" for _ in range(60)]
    golden["jsonl"] = {"texts": texts, "lines": [
        json.dumps({"text": text, "label": "a"}, ensure_ascii=i % 2 == 0) for i, text in enumerate(texts)]}
    OUT.write_text(json.dumps(golden) + "\n", encoding="utf-8")
    print(OUT.stat().st_size)


main()
