"""Beams and draws of transformers on the tiny models: Tests/Goldens/models/generation.json.

Beam search by `generate` after tokens, after soft rows, and behind a prefix; and the probabilities that transformers'
logits processors leave for sampling. Needs the models' goldens.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from transformers import LogitsProcessorList  # noqa: E402
from transformers.generation.logits_process import (  # noqa: E402
    RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper,
)

from common import GOLDENS, report, versions  # noqa: E402
from tiny_models import load  # noqa: E402

FOLDER = GOLDENS / "models"
NEW = 10
SETTINGS = [(1, 1.0, False), (3, 1.0, False), (3, 1.0, True), (4, 0.0, "never"), (4, 2.0, "never"), (5, -0.5, False)]
STOPS = {True: "early", False: "whenUnlikely", "never": "whenImpossible"}
PROCESSED = [
    {}, {"temperature": 0.5}, {"topK": 5}, {"topP": 0.6}, {"repetitionPenalty": 1.5},
    {"temperature": 2.0, "topK": 20, "topP": 0.9, "repetitionPenalty": 1.2}, {"topK": 1}, {"topP": 0.01},
]


def beams(model, inputs: dict, width: int, penalty: float, early, ends: list[int]) -> list[dict]:
    length = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
    out = model.generate(
        **inputs, num_beams=width, num_return_sequences=width, length_penalty=penalty, early_stopping=early,
        max_new_tokens=NEW, eos_token_id=ends or None, pad_token_id=0, do_sample=False, output_scores=True,
        return_dict_in_generate=True,
    )
    if width == 1:  # greedy search gives no scores
        scores = [model.compute_transition_scores(out.sequences, out.scores, normalize_logits=True)[0]]
        scores = [float(scores[0].sum() / scores[0].numel() ** penalty)]
    else:
        scores = out.sequences_scores.tolist()
    found = []
    for row, score in zip(out.sequences[:, length:].tolist(), scores):
        cut = next((i for i, token in enumerate(row) if token in ends), None)
        found.append({"tokens": row if cut is None else row[:cut], "stopped": cut is not None, "score": score})
    return found


cases = []
for name in ["gemma3", "gpt2", "llama", "mistral"]:
    model, golden = load(FOLDER / name), load_file(FOLDER / name / "golden.safetensors")
    model.generation_config.eos_token_id = None
    lengths = golden["lengths"].long().tolist()
    first, third = golden["tokens"].long().split(lengths)[0], golden["tokens"].long().split(lengths)[2]
    soft = torch.cat([golden["soft.start"], model.get_input_embeddings()(first)])
    for where, inputs in [
        ("first", {"input_ids": first[None]}), ("third", {"input_ids": third[None]}), ("soft", {"inputs_embeds": soft[None]}),
    ]:
        free = beams(model, inputs, 4, 0.0, "never", [])
        # Ends that the beams do meet, at several lengths.
        ends = sorted({free[0]["tokens"][5], free[-1]["tokens"][3]})
        for width, penalty, early in SETTINGS:
            for stops in [[], ends]:
                cases.append({
                    "model": name, "after": where, "width": width, "penalty": penalty, "stop": STOPS[early],
                    "ends": stops, "found": beams(model, inputs, width, penalty, early, stops),
                })

logits = load_file(FOLDER / "llama" / "golden.safetensors")["logits"][4]
generated = [int(logits.topk(3).indices[1]), 7, 7, int(logits.argmin())]
draws = []
for settings in PROCESSED:
    processors = LogitsProcessorList()
    if "repetitionPenalty" in settings:
        processors.append(RepetitionPenaltyLogitsProcessor(settings["repetitionPenalty"]))
    if "temperature" in settings:
        processors.append(TemperatureLogitsWarper(settings["temperature"]))
    if "topK" in settings:
        processors.append(TopKLogitsWarper(settings["topK"]))
    if "topP" in settings:
        processors.append(TopPLogitsWarper(settings["topP"]))
    scores = processors(torch.tensor([generated]), logits[None].clone())
    draws.append({"settings": settings, "probabilities": scores.softmax(-1)[0].tolist()})

path = FOLDER / "generation.json"
record = {
    "script": "Oracles/models/generation.py", "versions": versions(), "limit": NEW, "beams": cases,
    "logits": logits.tolist(), "generated": generated, "draws": draws,
}
path.write_text(json.dumps(record) + "\n")
report(path)
stopped = sum(found["stopped"] for case in cases for found in case["found"])
print(f"{len(cases)} searches, {stopped} of their texts end before the limit")
