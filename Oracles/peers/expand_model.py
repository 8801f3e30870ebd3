"""Writes a GGUF model as a Hugging Face folder in float32: the same numbers, expanded, as PEFT can train over them."""

import argparse
import tempfile
from pathlib import Path

from rows import AutoModelForCausalLM, AutoTokenizer, torch

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", type=Path, help="the .gguf file")
parser.add_argument("folder", type=Path, help="where the folder is made")
arguments = parser.parse_args()

source = dict(pretrained_model_name_or_path=arguments.model.parent, gguf_file=arguments.model.name)
read = AutoModelForCausalLM.from_pretrained(dtype=torch.float32, **source)
# A model that was read from GGUF still says that it is quantised; a fresh one with its weights does not.
settings = read.config
vars(settings).pop("quantization_config", None)
plain = type(read)(settings).float()
plain.load_state_dict(read.state_dict())

arguments.folder.parent.mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory(dir=arguments.folder.parent) as work:
    plain.save_pretrained(work)
    AutoTokenizer.from_pretrained(**source).save_pretrained(work)
    made = Path(work).rename(arguments.folder)
    # The context manager removes what is at the old name.
    Path(work).mkdir()
print(made)
