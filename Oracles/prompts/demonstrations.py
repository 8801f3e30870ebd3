"""Few-shot prompts written out: what is drawn, in which order it stands, the text and its tokens.

Everything is built here from scratch: the random numbers (SplitMix64), the draws, the layout, and the tokens, by the
`tokenizers` library from the command line's tiny model.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

from common import GOLDENS, Random, report, versions  # noqa: E402

SEED = 77
MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        unfair = (1 << 64) % bound
        while True:
            product = self.next() * bound
            if product & MASK >= unfair:
                return product >> 64

    def shuffled(self, items):
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            place = self.below(last + 1)
            items[last], items[place] = items[place], items[last]
        return items


POOL = [
    {"text": "a gem of a film", "label": "positive"},
    {"text": "the worst hour of the year", "label": "negative"},
    {"text": "warm and funny", "label": "positive"},
    {"text": "  dull {and} tired ", "label": "negative"},
    {"text": "재미있는 영화", "label": "positive"},
    {"text": "bad food\nrude people", "label": "negative"},
    {"text": "kind people", "label": "positive"},
]
LABELS = ["negative", "positive"]
WORDS = {"negative": "terrible", "positive": "great"}
QUERY = {"text": "맛있고 kind people"}
DUPLICATE = {"text": "Warm  and funny"}  # says the same as a row of the pool but for case and spaces


def key(row):
    return " ".join(row["text"].lower().split())


def random_draw(count, seed):
    return SplitMix64(seed).shuffled(range(len(POOL)))[:count]


def balanced_draw(count, seed):
    random = SplitMix64(seed)
    lists = []
    for label in random.shuffled(LABELS):
        lists.append(random.shuffled([place for place, row in enumerate(POOL) if row["label"] == label]))
    turns = [own[turn] for turn in range(max(map(len, lists))) for own in lists if turn < len(own)]
    return turns[:count]


def diverse_draw(count, seed, vectors):
    chosen = [SplitMix64(seed).below(len(POOL))]
    while len(chosen) < count:
        distance = [
            min(1 - float(vectors[place] @ vectors[other]) for other in chosen) if place not in chosen else -1
            for place in range(len(POOL))
        ]
        chosen.append(max(range(len(POOL)), key=lambda place: (distance[place], -place)))
    return chosen


def nearest(query, places, vectors):
    return sorted(places, key=lambda place: (-float(vectors[place] @ query), place))


def filled(template, row, answer):
    """The template is text around two slots; the space in front of an answer is the answer's."""
    before, after = template.split("{answer}")
    return before.replace("{text}", row["text"]) + answer + after


def written(template, instruction, separator, shown, query):
    parts = [instruction] if instruction is not None else []
    parts += [filled(template, POOL[place], WORDS[POOL[place]["label"]]) for place in shown]
    before = template.split("{answer}")[0].replace("{text}", query["text"]).rstrip(" ")
    return "".join(part + separator for part in parts) + before


random = Random(SEED)
vectors = torch.nn.functional.normalize(random.normal(len(POOL), 5), dim=1)
query_vector = torch.nn.functional.normalize(random.normal(1, 5), dim=1)[0]
tokenizer = Tokenizer.from_file(str(GOLDENS / "command_line" / "model" / "tokenizer.json"))

SENTIMENT = "Review: {text}\nSentiment: {answer}"
MIDDLE = "{text} It was {answer}."
INSTRUCTION = "Classify the following text. {braces} stay."
cases = []


def case(name, template=SENTIMENT, instruction=None, separator="\n\n", shots=0, selection="random", order="as-drawn",
         seed=0, query=QUERY):
    spare = shots + 1
    if selection == "random":
        pool = random_draw(spare, seed)
    elif selection == "balanced":
        pool = balanced_draw(spare, seed)
    elif selection == "diverse":
        pool = diverse_draw(spare, seed, vectors)
    else:
        pool = list(range(len(POOL)))
    ranked = [place for place in pool if key(POOL[place]) != key(query)]
    if selection != "nearest":
        ranked = ranked[:shots]
    if selection == "nearest" or order.startswith("similar"):
        ranked = nearest(query_vector, ranked, vectors)[:shots]
    shown = ranked
    if order == "similar-last":
        shown = ranked[::-1]
    if order == "label-grouped":
        shown = sorted(ranked, key=lambda place: LABELS.index(POOL[place]["label"]))
    text = written(template, instruction, separator, shown, query)
    cases.append({
        "name": name, "template": template, "instruction": instruction, "separator": separator, "shots": shots,
        "selection": selection, "order": order, "seed": seed, "query": query["text"], "shown": shown, "text": text,
        "tokens": tokenizer.encode(text).ids,
    })


case("nothing")
case("an instruction alone", instruction=INSTRUCTION)
case("one shot", shots=1, seed=3)
case("four shots", shots=4, seed=1)
case("four shots, another seed", shots=4, seed=2, instruction=INSTRUCTION)
case("a line between", shots=3, separator="\n", template=MIDDLE, seed=5)
case("a rule between", shots=2, separator="\n---\n", instruction=INSTRUCTION, seed=5)
case("balanced", shots=4, selection="balanced", seed=1)
case("balanced, an odd number", shots=5, selection="balanced", seed=9, order="label-grouped")
case("nearest", shots=3, selection="nearest")
case("nearest, the nearest last", shots=3, selection="nearest", order="similar-last")
case("nearest by label", shots=4, selection="nearest", order="label-grouped")
case("random, the nearest last", shots=3, seed=4, order="similar-last")
case("random, the nearest first", shots=3, seed=4, order="similar-first")
case("diverse", shots=4, selection="diverse", seed=2)
case("the question is not its own example", shots=6, seed=6, query=DUPLICATE)
case("nor the nearest to itself", shots=3, selection="nearest", query=DUPLICATE)

golden = {
    "metadata": {"script": "Oracles/prompts/demonstrations.py", "seed": SEED, **versions()},
    "pool": POOL, "labels": LABELS, "words": WORDS,
    "vectors": [[float(value) for value in row] for row in vectors],
    "query_vector": [float(value) for value in query_vector],
    "cases": cases,
}
path = GOLDENS / "prompts" / "demonstrations.json"
path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
report(path)
