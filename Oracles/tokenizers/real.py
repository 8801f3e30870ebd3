"""Writes what the tokenizers of real models make of strings.texts(); the tokenizers themselves stay outside.

    real.py FOLDER    with smollm2-hf/, gemma3-hf/ and minilm-l6-mlm/ in it, each with a tokenizer.json
"""
import pathlib
import sys

from tokenizers import Tokenizer, pre_tokenizers

import goldens

for name in ["smollm2-hf", "gemma3-hf", "minilm-l6-mlm"]:
    file = pathlib.Path(sys.argv[1]) / name / "tokenizer.json"
    if not file.exists():
        continue
    tokenizer = Tokenizer.from_file(str(file))
    goldens.write(f"real-{name}.ids.json", goldens.record(tokenizer))
    if name == "smollm2-hf":
        # A folder that transformers made of the GGUF file has lost the digits that its `pre` asks for.
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        goldens.write("real-smollm2-digits.ids.json", goldens.record(tokenizer))
