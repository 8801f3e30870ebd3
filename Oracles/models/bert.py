"""A tiny BERT with its head, beside it the same weights as old files have them: a .bin, norms as gamma and beta."""

import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from transformers import BertConfig, BertForMaskedLM, BertModel  # noqa: E402

from common import GOLDENS, report  # noqa: E402
from tiny_encoders import BERT_SHAPE, make  # noqa: E402

config = BertConfig(**BERT_SHAPE, pad_token_id=0)
make("bert", BertForMaskedLM(config), seed=311, with_prefix=True, with_segments=True)

folder = GOLDENS / "models" / "bert"
weights = load_file(folder / "model.safetensors")

# As TensorFlow's conversions have them, in PyTorch's own format.
legacy = GOLDENS / "models" / "bert_legacy"
shutil.rmtree(legacy, ignore_errors=True)
legacy.mkdir()
shutil.copy(folder / "config.json", legacy / "config.json")
old = {
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
    for name, value in weights.items()
}
torch.save(old, legacy / "pytorch_model.bin")
report(legacy / "pytorch_model.bin")

# A bare encoder, as sentence encoders are published: no head, and names without the first part.
bare = GOLDENS / "models" / "bert_bare"
shutil.rmtree(bare, ignore_errors=True)
bare.mkdir()
settings = json.loads((folder / "config.json").read_text()) | {"architectures": ["BertModel"]}
(bare / "config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
names = set(BertModel(config, add_pooling_layer=False).state_dict())
save_file(
    {n.removeprefix("bert."): v for n, v in weights.items() if n.removeprefix("bert.") in names},
    bare / "model.safetensors",
)
report(bare / "model.safetensors")
