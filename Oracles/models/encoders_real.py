"""Published encoders on a few texts: python encoders_real.py masked NAME FOLDER, or sentences NAME FOLDER.

`masked`: the logits at the masks of BERT-like models. `sentences`: the vectors of a sentence encoder, pooled as
sentence-transformers does. The folders are not part of the repository; tests that read these goldens skip where
the folder is missing.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import Random, golden, write  # noqa: E402

import torch  # noqa: E402
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer  # noqa: E402

SEED = 551
COLUMNS, BEST = 256, 10
MASKED = [
    "The capital of France is [MASK].",
    "a gem. It was [MASK].",
    "Terrible service. We waited an hour for cold soup! It was [MASK].",
    "[MASK] : What is the longest river in the world ?",
    "The [MASK] barked at the [MASK] all night.",
    "이 영화는 정말 [MASK].",
    "In 1969, Apollo 11 landed 2 people on the [MASK]; 38 kg of rock & soil came back (about 21.5 kg was rock).",
    "Wall St. Bears Claw Back Into the Black. Short-sellers, Wall Street's dwindling band of ultra-cynics, are "
    "seeing green again. News: [MASK]",
]
SENTENCES = [
    "a gem",
    "The film is slow, but it never loses its way.",
    "Terrible service. We waited an hour for cold soup!",
    "A man in a blue shirt is standing on a ladder, cleaning a window.",
    "Somebody is cleaning.",
    "이 영화는 정말 지루했다.",
    "",
    "The harbour woke before the town did. " * 60,  # longer than the limit
]

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("kind", choices=["masked", "sentences"])
parser.add_argument("name", help="of the golden")
parser.add_argument("folder", type=Path, help="a Hugging Face folder")
arguments = parser.parse_args()
random = Random(SEED)
tokenizer = AutoTokenizer.from_pretrained(arguments.folder, local_files_only=True)
options = {"dtype": torch.float32, "attn_implementation": "eager", "local_files_only": True}


def masked() -> None:
    model = AutoModelForMaskedLM.from_pretrained(arguments.folder, **options).eval()
    rows = [torch.tensor(tokenizer(text, truncation=False)["input_ids"]) for text in MASKED]
    columns = random.integers(COLUMNS, below=model.config.vocab_size)
    with torch.no_grad():
        logits = torch.cat([model(row[None]).logits[0][row == tokenizer.mask_token_id] for row in rows])
    best = logits.topk(BEST)
    write(
        golden("models", arguments.name),
        {
            "tokens": torch.cat(rows),
            "lengths": torch.tensor([len(row) for row in rows]),
            "columns": columns,
            "logits": logits[:, columns],
            "best.ids": best.indices,
            "best.logits": best.values,
        },
        SEED,
        "logits [masks, columns] at every mask of the texts, in order, and the ten best of each",
        extra={"texts": json.dumps(MASKED, ensure_ascii=False)},
    )


def sentences() -> None:
    model = AutoModel.from_pretrained(arguments.folder, **options).eval()
    limit = json.loads((arguments.folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    vectors = []
    for text in SENTENCES:
        batch = tokenizer(text, truncation=True, max_length=limit, return_tensors="pt")
        with torch.no_grad():
            states = model(**batch).last_hidden_state[0]
        vectors.append(torch.nn.functional.normalize(states.mean(0), dim=0))
    write(
        golden("models", arguments.name),
        {"vectors": torch.stack(vectors)},
        SEED,
        f"mean of the last states over all tokens, special ones included, at most {limit}; length 1",
        extra={"texts": json.dumps(SENTENCES, ensure_ascii=False)},
    )


masked() if arguments.kind == "masked" else sentences()
