"""A tiny random BERT with a WordPiece tokenizer of its own, for the command line's tests: a whole model folder.

Beside the folder lies what a reader of it must be able to say: a few texts with a mask and the log-probabilities of
all tokens there.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors  # noqa: E402
from transformers import BertConfig, BertForMaskedLM  # noqa: E402

from common import GOLDENS, Random, report, write  # noqa: E402
from tiny_encoders import load  # noqa: E402
from tiny_models import randomise, save  # noqa: E402

SEED = 917
FOLDER = GOLDENS / "command_line" / "masked_model"
SPELLED = {"funny", "sentiment"}  # of several pieces
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LINES = [
    "a gem of a film, warm and funny", "a dull and tired film", "the best hour of the year",
    "the worst hour of the year", "good food and kind people", "bad food and rude people",
    "It was great.", "It was terrible.", "good bad great terrible positive negative",
    "The capital of France is Paris", "Review: Sentiment: Question: Answer: Topic:",
    "맛있고 친절해요", "맛없고 불친절해요", "재미있는 영화", "지루한 영화",
]
TEXTS = ["a gem of a film. It was [MASK].", "[MASK] : good food", "맛있고 친절해요 [MASK] [MASK] ."]


def tokenizer() -> Tokenizer:
    """Whole words and single characters, by hand: the library's trainer breaks ties by the order of a hash map."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    words = [
        word
        for line in LINES
        for word, _ in made.pre_tokenizer.pre_tokenize_str(made.normalizer.normalize_str(line))
    ]
    letters = sorted({letter for word in words for letter in word})
    whole = sorted({word for word in words if len(word) > 1} - SPELLED)
    order = SPECIAL + letters + ["##" + letter for letter in letters] + whole
    made.model = models.WordPiece({piece: index for index, piece in enumerate(order)}, unk_token="[UNK]")
    made.add_special_tokens(SPECIAL)
    pair = [(piece, made.token_to_id(piece)) for piece in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=pair
    )
    return made


pieces = tokenizer()
config = BertConfig(
    vocab_size=pieces.get_vocab_size(), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    max_position_embeddings=64, pad_token_id=0, attn_implementation="eager",
)
torch.manual_seed(SEED)
fresh = BertForMaskedLM(config)
randomise(fresh, Random(SEED))
save(fresh, FOLDER)
pieces.save(str(FOLDER / "tokenizer.json"))
names = {
    "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": "[MASK]",
    "tokenizer_class": "PreTrainedTokenizerFast",
}
(FOLDER / "tokenizer_config.json").write_text(json.dumps(names, indent=2, sort_keys=True) + "\n")
report(FOLDER / "tokenizer.json")

model = load(FOLDER)
golden = {}
for index, text in enumerate(TEXTS):
    ids = torch.tensor(pieces.encode(text).ids)
    scores = model(ids[None]).logits[0].log_softmax(-1)[ids == pieces.token_to_id("[MASK]")]
    golden |= {f"{index}.ids": ids, f"{index}.scores": scores}
write(
    FOLDER.parent / "masks.safetensors", golden, SEED,
    "for each text its ids and, at each mask, the log-probability of every token",
    extra={"texts": json.dumps(TEXTS, ensure_ascii=False)},
)
