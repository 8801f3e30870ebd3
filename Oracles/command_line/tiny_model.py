"""A tiny random Llama with a tokenizer of its own, for the command line's tests: a whole model folder.

The tokenizer is trained here on a few lines (byte-level BPE, 400 tokens), so that words are mostly several tokens.
Beside the folder lies what a reader of it must be able to say: a few texts with their ids and their next-token
log-probabilities.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers  # noqa: E402
from transformers import AutoModelForCausalLM, LlamaConfig  # noqa: E402

from common import GOLDENS, Random, report, write  # noqa: E402
from tiny_models import load, randomise, save  # noqa: E402

SEED = 905
VOCABULARY = 400
FOLDER = GOLDENS / "command_line" / "model"
LINES = [
    "a gem of a film, warm and funny", "a dull and tired film", "the best hour of the year",
    "the worst hour of the year", "good food and kind people", "bad food and rude people",
    "It was great.", "It was terrible.", "good bad great terrible positive negative",
    "The capital of France is Paris", "Review: Sentiment: Question: Answer: Topic:",
    "Classify the following text. Answer with one of the labels.",
    "맛있고 친절해요", "맛없고 불친절해요", "재미있는 영화", "지루한 영화",
]
TEXTS = ["a gem of a film", "It was good", "맛있고 친절해요", "The capital of France is"]


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.ByteLevel(trim_offsets=False)
    special = [AddedToken(piece, special=True) for piece in ("<unk>", "<s>", "</s>")]
    made.train_from_iterator(
        LINES * 4,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=special,
            show_progress=False,
        ),
    )
    return made


config = LlamaConfig(
    vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=256, bos_token_id=1, eos_token_id=2, tie_word_embeddings=True,
    rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, attn_implementation="eager",
)
torch.manual_seed(SEED)
random = Random(SEED)
fresh = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
randomise(fresh, random)
save(fresh, FOLDER)
pieces = tokenizer()
pieces.save(str(FOLDER / "tokenizer.json"))
names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "PreTrainedTokenizerFast"}
(FOLDER / "tokenizer_config.json").write_text(json.dumps(names, indent=2, sort_keys=True) + "\n")
report(FOLDER / "tokenizer.json")

model = load(FOLDER)
golden = {}
for index, text in enumerate(TEXTS):
    ids = torch.tensor(pieces.encode(text).ids)
    with torch.no_grad():
        scores = model(ids[None], use_cache=False).logits[0, -1].log_softmax(-1)
    golden |= {f"{index}.ids": ids, f"{index}.scores": scores}
write(
    FOLDER.parent / "next_tokens.safetensors", golden, SEED,
    "for each text its ids and, after its last token, the log-probability of every token",
    extra={"texts": json.dumps(TEXTS, ensure_ascii=False)},
)
