"""Goldens of the metrics: written without Cloze's code, and checked against scikit-learn, seqeval, SciPy and sacreBLEU.

Usage: python Oracles/datasets/metrics.py   (numpy, scipy, scikit-learn, seqeval, sacrebleu)
"""
import collections
import json
import math
import pathlib
import platform
import random
import re
import string
import unicodedata

import numpy
import sacrebleu
import scipy
import scipy.stats
import seqeval.metrics
import sklearn
import sklearn.metrics

SEED = 7
OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "datasets" / "metrics.json"
MASK = (1 << 64) - 1


class SplitMix:
    def __init__(self, seed, stream=0):
        self.state = seed
        if stream:
            self.state ^= SplitMix(stream).next()

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        unfair = ((1 << 64) - bound) % bound
        while True:
            product = self.next() * bound
            if product & MASK >= unfair:
                return product >> 64

    def shuffled(self, items):
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def classification(rng):
    cases = []
    for labels, size, noise in ((["a", "b"], 40, 0.3), (["a", "b", "c", "never"], 120, 0.4), (["ㄱ", "ㄴ", "ㄷ"], 60, 0.9)):
        used = [label for label in labels if label != "never"]
        gold = [rng.choice(used) for _ in range(size)]
        predicted = [rng.choice(used) if rng.random() < noise else right for right in gold]
        f1 = sklearn.metrics.f1_score(gold, predicted, labels=labels, average=None, zero_division=0)
        case = {
            "labels": labels, "expected": gold, "predicted": predicted,
            "accuracy": sklearn.metrics.accuracy_score(gold, predicted),
            "macro_f1": float(numpy.mean(f1)), "f1_by_label": f1.tolist(),
            "matthews": float(sklearn.metrics.matthews_corrcoef(gold, predicted)),
            "confusion": sklearn.metrics.confusion_matrix(gold, predicted, labels=labels).tolist(),
        }
        case["bootstrap"] = bootstrap(case)
        cases.append(case)
    return cases


def macro_f1(gold, predicted, labels):
    total = 0.0
    for label in labels:
        both = sum(g == label and p == label for g, p in zip(gold, predicted))
        either = sum(g == label for g in gold) + sum(p == label for p in predicted)
        total += 2 * both / either if either else 0.0
    return total / len(labels)


def bootstrap(case, resamples=200, seed=11):
    gold, predicted = case["expected"], case["predicted"]
    other = [g if place % 5 else "a" for place, g in enumerate(gold)]
    generator = SplitMix(seed)
    accuracy, macro, differences = [], [], []
    for _ in range(resamples):
        draw = [generator.below(len(gold)) for _ in gold]
        g, p, o = ([column[row] for row in draw] for column in (gold, predicted, other))
        accuracy.append(sum(x == y for x, y in zip(g, p)) / len(g))
        macro.append(macro_f1(g, p, case["labels"]))
        differences.append(macro[-1] - macro_f1(g, o, case["labels"]))
    ends = lambda values: numpy.percentile(values, [2.5, 97.5]).tolist()
    below, above = sum(d <= 0 for d in differences), sum(d >= 0 for d in differences)
    return {"seed": seed, "resamples": resamples, "accuracy": ends(accuracy), "macro_f1": ends(macro),
            "other": other, "difference": macro_f1(gold, predicted, case["labels"]) - macro_f1(gold, other, case["labels"]),
            "difference_interval": ends(differences),
            "probability": min(1.0, 2 * (min(below, above) + 1) / (resamples + 1))}


def squad_words(text):
    # Swift compares texts by canonical equivalence, which is what Cloze wants here.
    text = unicodedata.normalize("NFC", text).lower()
    text = "".join(c for c in text if c not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def squad(_):
    pairs = [
        ("The Eiffel Tower", ["eiffel tower!"]), ("U.S.", ["the US", "United States"]), ("", []), ("x", []), ("", ["the"]),
        ("a b c", ["c b d", "zzz"]), ("서울특별시", ["서울 특별시", "서울특별시."]), ("theory of an ape", ["Theory of ape"]),
        ("the한국 an", ["the한국"]), ("5° the°", ["5° °"]), ("snow snow snow", ["snow", "snow snow"]),
        ("co-operate under_score", ["cooperate underscore"]), ("Ünal’s é", ["ünal’s e\u0301"]), ("\u3000A\u00a0tab\there", ["tab here"]),
    ]
    rows = []
    for answer, references in pairs:
        scores = []
        for reference in references or [""]:
            a, b = squad_words(answer), squad_words(reference)
            common = sum((collections.Counter(a) & collections.Counter(b)).values())
            f1 = float(a == b) if not a or not b else 2 * common / (len(a) + len(b))
            scores.append((float(a == b), f1))
        rows.append({"predicted": answer, "expected": references, "words": squad_words(answer),
                     "exact_match": max(s[0] for s in scores), "f1": max(s[1] for s in scores)})
    return rows


def entities(rng):
    tags = ["O", "B-PS", "I-PS", "B-LC", "I-LC", "I-OG", "B"]
    rows = [{"expected": ["B-PS", "I-PS", "O", "I-LC", "B-LC", "I-PS"], "predicted": ["B-PS", "I-LC", "O", "I-LC", "B-LC", "B-PS"]}]
    for _ in range(60):
        size = rng.randint(1, 12)
        gold = [rng.choice(tags) for _ in range(size)]
        rows.append({"expected": gold, "predicted": [rng.choice(tags) if rng.random() < 0.3 else t for t in gold]})
    import warnings
    warnings.simplefilter("ignore")
    gold, predicted = [r["expected"] for r in rows], [r["predicted"] for r in rows]
    return {"rows": rows, "f1": float(seqeval.metrics.f1_score(gold, predicted)),
            "spans": [[[kind, start, end + 1] for kind, start, end in
                       seqeval.metrics.sequence_labeling.get_entities(row)] for row in gold]}


def calibration(rng):
    confidences = [0.0, 1.0, 1 / 15, 0.2, 0.4] + [rng.random() for _ in range(95)]
    right = [rng.random() < c for c in confidences]
    out = {"confidences": confidences, "right": right, "error": {}}
    for bins in (10, 15):
        edges, c, r = numpy.linspace(0, 1, bins + 1), numpy.array(confidences), numpy.array(right, float)
        error = 0.0
        for low, high in zip(edges[:-1], edges[1:]):
            inside = (c > low) & (c <= high) if low else (c >= low) & (c <= high)
            if inside.any():
                error += inside.mean() * abs(c[inside].mean() - r[inside].mean())
        out["error"][str(bins)] = float(error)
    return out


def intervals(_):
    wilson = []
    for right, count in ((0, 10), (10, 10), (7, 10), (412, 500), (1, 1), (199, 200)):
        found = scipy.stats.binomtest(right, count).proportion_ci(0.95, method="wilson")
        wilson.append({"right": right, "count": count, "low": found.low, "high": found.high})
    mcnemar = []
    for first, second in ((0, 0), (1, 0), (5, 5), (2, 14), (30, 55), (400, 300)):
        p = scipy.stats.binomtest(first, first + second).pvalue if first + second else 1.0
        mcnemar.append({"only_first": first, "only_second": second, "probability": float(p)})
    return {"wilson": wilson, "mcnemar": mcnemar}


def multirc(_):
    return {"groups": ["1", "1", "2", "2"], "expected": ["true", "false", "true", "true"],
            "predicted": ["true", "false", "true", "false"], "group_exact_match": 0.5, "f1a": 0.8}


def ngrams(words, n):
    return collections.Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))


def nist(rows):
    candidates = [row["predicted"].split() for row in rows]
    references = [[r.split() for r in row["references"]] for row in rows]
    info = collections.Counter()
    for group in references:
        for words in group:
            info[()] += len(words)
            for n in range(1, 6):
                info.update(ngrams(words, n))
    score = 0.0
    for n in range(1, 6):
        gained, total = 0.0, 0
        for words, group in zip(candidates, references):
            most = collections.Counter()
            for reference in group:
                most |= ngrams(reference, n)
            found = ngrams(words, n)
            total += sum(found.values())
            gained += sum(min(c, most[g]) * math.log2(info[g[:-1]] / info[g]) for g, c in found.items() if most[g])
        score += gained / max(total, 1)
    length = sum(map(len, candidates))
    mean = sum(sum(map(len, group)) / len(group) for group in references)
    return score * math.exp(math.log(0.5) / math.log(1.5) ** 2 * math.log(min(1, length / mean)) ** 2)


def rouge(row):
    def common(a, b):
        table = numpy.zeros((len(a) + 1, len(b) + 1), int)
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
        return int(table[-1, -1])
    words = row["predicted"].split()
    p = max(common(words, r.split()) / len(words) for r in row["references"])
    r = max(common(words, r.split()) / len(r.split()) for r in row["references"])
    return 2.44 * p * r / (r + 1.44 * p) if p and r else 0.0


def cider(rows):
    frequency = collections.Counter()
    for row in rows:
        frequency.update({g for r in row["references"] for n in range(1, 5) for g in ngrams(r.split(), n)})
    size = math.log(len(rows))
    vector = lambda text, n: {g: c * (size - math.log(max(1, frequency[g]))) for g, c in ngrams(text.split(), n).items()}
    scores = []
    for row in rows:
        total = 0.0
        for reference in row["references"]:
            gap = max(0, len(row["predicted"].split()) - 1) - max(0, len(reference.split()) - 1)
            for n in range(1, 5):
                h, r = vector(row["predicted"], n), vector(reference, n)
                norm = math.sqrt(sum(v * v for v in h.values()) * sum(v * v for v in r.values()))
                dot = sum(min(v, r.get(g, 0)) * r.get(g, 0) for g, v in h.items())
                total += (dot / norm if norm else dot) * math.exp(-gap * gap / 72) / 4
        scores.append(10 * total / len(row["references"]))
    return sum(scores) / len(scores)


def generation(rng):
    words = "the cat dog sat ran on under a mat house red 고양이 가 집 에서 잔다".split()
    rows = []
    for _ in range(25):
        reference = [rng.choice(words) for _ in range(rng.randint(5, 14))]
        change = lambda p: " ".join(w for w in (rng.choice(words) if rng.random() < p else w for w in reference) if rng.random() > p / 3)
        rows.append({"predicted": change(0.2), "references": [" ".join(reference), change(0.4), change(0.5)]})
    predicted = [row["predicted"] for row in rows]
    streams = [[row["references"][k] for row in rows] for k in range(3)]
    return {
        "rows": rows,
        "bleu": sacrebleu.corpus_bleu(predicted, streams, tokenize="none", smooth_method="none").score / 100,
        "chrf": sacrebleu.corpus_chrf(predicted, streams).score,
        "chrf_one_reference": sacrebleu.corpus_chrf(predicted, streams[:1]).score,
        "nist": nist(rows), "rouge_l": sum(map(rouge, rows)) / len(rows), "cider_d": cider(rows),
    }


def splits(_):
    labels = ["positive", "negative", "중립"]
    rows = [labels[(i * 7 + i // 3) % 3] for i in range(90)]
    cases = []
    for per_label, seed in ((1, 0), (4, 42), (8, 2**64 - 1)):
        train, dev = [], []
        for label in labels:
            order = SplitMix(seed, fnv(label)).shuffled([i for i, row in enumerate(rows) if row == label])
            train.append(order[:per_label])
            dev.append(order[-per_label:][::-1])
        turns = lambda side: [rows_of[turn] for turn in range(per_label) for rows_of in side]
        cases.append({"per_label": per_label, "seed": str(seed), "train": turns(train), "dev": turns(dev)})
    random_numbers = SplitMix(1234567)
    return {"labels": labels, "rows": rows, "cases": cases,
            "random": [str(random_numbers.next()) for _ in range(5)]}


def main():
    rng = random.Random(SEED)
    golden = {"made_by": "Oracles/datasets/metrics.py", "seed": SEED,
              "versions": {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                           "scikit-learn": sklearn.__version__, "seqeval": "1.2.2", "sacrebleu": sacrebleu.__version__}}
    for part in (classification, squad, entities, calibration, intervals, multirc, generation, splits):
        golden[part.__name__] = part(rng)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden, ensure_ascii=False, indent=None) + "\n", encoding="utf-8")
    print(OUT.stat().st_size)


main()
