"""The real SmolLM2-135M on ten English and ten Korean texts: python smollm2_real.py FOLDER.

The folder is a Hugging Face one with float32 weights, not part of the repository; a test that reads this
golden skips where the folder is missing.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import Random, golden, write  # noqa: E402

import torch  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

from tiny_models import load  # noqa: E402

SEED = 501
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

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("folder", type=Path, help="a Hugging Face folder of SmolLM2-135M")
arguments = parser.parse_args()

model = load(arguments.folder)
tokenizer = AutoTokenizer.from_pretrained(arguments.folder, local_files_only=True)
random = Random(SEED)
columns = torch.randperm(model.config.vocab_size, generator=random.generator)[:COLUMNS].sort().values

tensors = {"columns": columns}
gathered = {name: [] for name in ("tokens", "logits", "best.ids", "best.logits", "mean", "deviation")}
for text in TEXTS:
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
    SEED,
    """tokens packed by lengths, as the tokenizer frames each text of `texts` (JSON). Of the logits at each
    text's last position: logits[20, 512] at the ids in columns; best.ids and best.logits the 20 largest;
    mean and deviation (population) over the whole vocabulary. float32 weights dequantised from the GGUF.""",
    extra={"texts": json.dumps(TEXTS, ensure_ascii=False)},
)
