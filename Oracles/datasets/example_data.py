"""Makes Examples/Data from the full data sets: fewer rows, and only the fields that a template reads, label and id.

Usage: python Oracles/datasets/example_data.py DATA_FOLDER
"""
import json
import pathlib
import random
import sys

SEED = 20261123
PER_LABEL, TEST_ROWS = 60, 200
OUT = pathlib.Path(__file__).resolve().parents[2] / "Examples" / "Data"

SENTIMENT_KO = {"negative": [" 부정"], "positive": [" 긍정"]}
TASKS = {
    "reviews": {
        "language": "en",
        "template": "Review: {text}\nSentiment:{answer}",
        "words": {"negative": [" negative"], "positive": [" positive"]},
        "licence": "CC BY 4.0",
    },
    "sib200_en": {
        "language": "en",
        "template": "Text: {text}\nTopic:{answer}",
        "words": {
            "science/technology": [" science"], "travel": [" travel"], "politics": [" politics"],
            "sports": [" sports"], "health": [" health"], "entertainment": [" entertainment"],
            "geography": [" geography"],
        },
        "licence": "CC BY-SA 4.0",
    },
    "sib200_ko": {
        "language": "ko",
        "template": "글: {text}\n주제:{answer}",
        "words": {
            "science/technology": [" 과학"], "travel": [" 여행"], "politics": [" 정치"], "sports": [" 스포츠"],
            "health": [" 건강"], "entertainment": [" 연예"], "geography": [" 지리"],
        },
        "licence": "CC BY-SA 4.0",
    },
    "nsmc": {
        "language": "ko",
        "template": "리뷰: {text}\n감정:{answer}",
        "words": SENTIMENT_KO,
        "licence": "CC0 1.0",
    },
    "names": {
        "source": "wikigold_ner",
        "language": "en",
        "labels": ["person", "place", "organization", "other"],
        "template": "Text: {text|shorten}\nIn this text, {entity} is the name of a{answer}",
        "words": {"person": [" person"], "place": [" place"], "organization": [" company"], "other": [" thing"]},
        "licence": "CC BY 4.0",
    },
}
NAME_KINDS = {"PER": "person", "LOC": "place", "ORG": "organization", "MISC": "other"}
LONGEST_NAME_TEXT = 220


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sample(rows, seed):
    """A seeded order that depends on ids only, so that translations with the same ids get the same rows."""
    rows = sorted(rows, key=lambda row: row["id"])
    random.Random(seed).shuffle(rows)
    return rows


def unquoted(text):
    """SIB-200's TSV files keep the quotes of the CSV they came from; this takes them off."""
    whole = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if whole and '"' not in text[1:-1].replace('""', "") else text


def rows_of(name, path):
    """The rows of a data set; of sentences with tagged names, a row with one of the names."""
    rows = read(path)
    if name != "names":
        return rows
    named = [row for row in rows if row["entities"] and len(row["text"]) < LONGEST_NAME_TEXT]
    drawn = [(row, random.Random(f"{SEED} {row['id']}").choice(row["entities"])) for row in named]
    return [{"text": row["text"], "entity": entity["text"], "label": NAME_KINDS[entity["type"]], "id": row["id"]}
            for row, entity in drawn]


def write(path, rows):
    lines = [json.dumps({"text": unquoted(row["text"]), **({"entity": row["entity"]} if "entity" in row else {}),
                         "label": row["label"], "id": row["id"]}, ensure_ascii=False)
             for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(data):
    for name, task in TASKS.items():
        folder = OUT / name
        folder.mkdir(parents=True, exist_ok=True)
        source = data / task.get("source", name)
        labels = task.get("labels") or json.loads((source / "task.json").read_text(encoding="utf-8"))["labels"]
        order = sample(rows_of(name, source / "pool.jsonl"), SEED)
        pool = [row for label in labels for row in [r for r in order if r["label"] == label][:PER_LABEL]]
        kept = {row["id"] for row in pool}
        test = sample(rows_of(name, source / "test.jsonl"), SEED)[:TEST_ROWS]
        write(folder / "pool.jsonl", [row for row in order if row["id"] in kept])
        write(folder / "test.jsonl", test)
        record = {"name": name, "language": task["language"], "labels": labels, "metric": "accuracy",
                  "template": task["template"], "words": task["words"], "pool": "pool.jsonl", "test": "test.jsonl",
                  "licence": task["licence"]}
        (folder / "task.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        print(name, len(pool), len(test))


main(pathlib.Path(sys.argv[1]))
