"""A real model on ten English and ten Korean texts: what a test needs to know whether Cloze computes the same.

The models are no part of the repository; a test that reads such a golden skips where the model is missing.
"""

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from common import Random, golden, write
from tiny_models import load

COLUMNS, BEST = 512, 20
TEXTS = [
    "a gem",
    "The film is slow, but it never loses its way.",
    "Terrible service. We waited an hour for cold soup!",
    "Review: The battery lasts two days and the screen is bright. Sentiment:",
    "In 1969, Apollo 11 landed 2 people on the Moon; 38 kg of rock & soil came back (about 21.5 kg was "
    "rock).",
    "def mean(values):\n    return sum(values) / len(values)\n\nprint(mean([1, 2, 3]))",
    "Dear Ms. O'Neill,\n\nthank you for your letter of 3 May. We can't refund the fee, however we'd gladly "
    "offer you a voucher worth $25.\n\nYours,\nThe Office",
    "Premise: A man in a blue shirt is standing on a ladder, cleaning a window. Hypothesis: Somebody is "
    "cleaning. Does the premise entail the hypothesis? Answer:",
    "The harbour woke before the town did. First came the gulls, arguing over yesterday's bread, and then "
    "the low cough of an engine somewhere beyond the breakwater. Mara tied her boots, checked the rope "
    "twice, and counted the crates as her father had taught her: from the stern, always from the stern, "
    "because the sea takes what is nearest first. By six the fog had thinned to a veil, and the first boat "
    "slid past the lighthouse with its lamps still burning.",
    "A review of this year's kettles. We boiled one litre of water in each of fourteen kettles, five "
    "times, and wrote down how long it took, how loud it was and how hot the handle became. The fastest "
    "needed two minutes and nine seconds; the slowest, nearly five. Noise varied more than we had "
    "expected: from a murmur to something like a small aeroplane. Three handles were too hot to hold. Two "
    "lids could not be opened with one hand, and one could not be opened at all once the steam had done "
    "its work. Prices ran from twelve to one hundred and forty, and had, as far as we could measure, "
    "nothing to do with any of the above. Our advice is short: buy the plain steel one, keep the receipt, "
    "and descale it every month with a spoonful of vinegar. Verdict:",
    "좋아요",
    "이 영화는 정말 지루했다.",
    "배송이 빠르고 포장도 꼼꼼해서 만족합니다!",
    "리뷰: 음식은 맛있었지만 직원이 불친절했다. 감정:",
    "오늘 서울의 기온은 23.5도이고, 내일은 비가 올 확률이 70%입니다.",
    "다음 문장을 주제별로 분류하세요. 문장: 중앙은행이 기준 금리를 동결했다. 주제:",
    "질문: 대한민국의 수도는 어디인가요?\n답: 서울입니다.\n질문: 일본의 수도는 어디인가요?\n답:",
    "어제 산 노트북이 벌써 고장났어요. 고객센터에 전화했더니 30분이나 기다리라고 하네요. 환불을 받고 싶습니다.",
    "새벽 안개가 걷히자 항구가 모습을 드러냈다. 갈매기 몇 마리가 방파제 위를 맴돌았고, 작은 배 한 척이 등대 옆을 천천히 지나갔다. 할머니는 말없이 그물을 손질했다.",
    "Tech 뉴스 📱: 국내 연구진이 AI 모델의 크기를 줄이는 새로운 방법을 발표했다. (출처: 과학일보)",
]


def opened(path: Path):
    """Model and tokenizer of a folder, or of a GGUF file with its weights expanded to float32."""
    if path.is_dir():
        return load(path), AutoTokenizer.from_pretrained(path, local_files_only=True)
    place = {"gguf_file": path.name, "local_files_only": True}
    config = AutoConfig.from_pretrained(path.parent, **place)
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, config=config, dtype=torch.float32, attn_implementation="eager", **place
    )
    return model.eval().requires_grad_(False), AutoTokenizer.from_pretrained(path.parent, **place)


def record(what: str, seed: int, texts: list[str]) -> None:
    """Writes the golden of the script that calls this, for the model its argument names."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("model", type=Path, help="a Hugging Face folder or a GGUF file of the model")
    model, tokenizer = opened(parser.parse_args().model)
    random = Random(seed)
    columns = torch.randperm(model.config.vocab_size, generator=random.generator)[:COLUMNS].sort().values

    tensors = {"columns": columns}
    gathered = {name: [] for name in ("tokens", "logits", "best.ids", "best.logits", "mean", "deviation")}
    for text in texts:
        tokens = tokenizer(text, return_tensors="pt").input_ids[0]
        with torch.no_grad():
            logits = model(tokens[None], use_cache=False, logits_to_keep=1).logits[0, -1]
        best = logits.topk(BEST)
        gathered["tokens"].append(tokens)
        gathered["logits"].append(logits[columns])
        gathered["best.ids"].append(best.indices)
        gathered["best.logits"].append(best.values)
        gathered["mean"].append(logits.double().mean())
        gathered["deviation"].append(logits.double().std(correction=0))
        print(f"{len(tokens):4} tokens  best {tokenizer.decode(best.indices[:1])!r}  {text[:40]!r}")

    tensors["lengths"] = torch.tensor([len(tokens) for tokens in gathered["tokens"]])
    tensors["tokens"] = torch.cat(gathered.pop("tokens"))
    tensors |= {name: torch.stack(values) for name, values in gathered.items()}
    write(
        golden("models"),
        tensors,
        seed,
        """tokens packed by lengths, as the tokenizer frames each text of `texts` (JSON). Of the logits at each
        text's last position: logits[texts, 512] at the ids in columns; best.ids and best.logits the 20 largest;
        mean and deviation (population) over the whole vocabulary. float32 weights dequantised from the GGUF.""",
        extra={"texts": json.dumps(texts, ensure_ascii=False)},
    )
