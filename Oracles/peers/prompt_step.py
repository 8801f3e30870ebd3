"""Seconds that a step of training takes in PEFT, or in transformers where all weights are tuned.

A task's rows in file order, the first step a warm-up. As in Cloze the loss is a softmax over the labels' first tokens, read
at each row's last token. PEFT pads the rows of a batch, repeats the soft rows for each of them, and has the model score
the whole vocabulary everywhere.
"""

import argparse
import json
import statistics
import time

import torch
from peft import PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig, TaskType, get_peft_model
from rows import Task, load, padded, peak_bytes

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--model", required=True, help="a Hugging Face folder in float32")
parser.add_argument("--task", required=True)
parser.add_argument("--method", choices=["prompt-tuning", "prefix-tuning", "p-tuning", "model-tuning"],
                    default="prompt-tuning")
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--steps", type=int, default=8)
parser.add_argument("--soft-rows", type=int, default=20)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--as-shipped", action="store_true", help="keep denormal numbers, as PyTorch does by default")
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.set_flush_denormal(not arguments.as_shipped)
torch.manual_seed(0)
base, tokenizer = load(arguments.model)
task = Task(arguments.task, tokenizer)
prompt = {"task_type": TaskType.CAUSAL_LM, "num_virtual_tokens": arguments.soft_rows}
configuration = {
    "prompt-tuning": lambda: PromptTuningConfig(**prompt),
    "prefix-tuning": lambda: PrefixTuningConfig(**prompt),
    "p-tuning": lambda: PromptEncoderConfig(encoder_hidden_size=128, encoder_reparameterization_type="LSTM", **prompt),
}
model = base if arguments.method == "model-tuning" else get_peft_model(base, configuration[arguments.method]())
model.train()
rows_in_front = arguments.soft_rows if arguments.method in ("prompt-tuning", "p-tuning") else 0
optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=1e-3)
words = torch.tensor(task.first_tokens())
rows = task.rows("pool", arguments.batch * (arguments.steps + 1))

seconds, tokens = [], []
for step in range(arguments.steps + 1):
    batch = [rows[(step * arguments.batch + place) % len(rows)] for place in range(arguments.batch)]
    sequences = [task.ids(row) for row in batch]
    ids, mask = padded(sequences)
    ends = rows_in_front + mask.sum(1) - 1
    answers = torch.tensor([task.labels.index(row["label"]) for row in batch])
    start = time.perf_counter()
    optimizer.zero_grad()
    scores = model(input_ids=ids, attention_mask=mask).logits[torch.arange(len(batch)), ends][:, words]
    torch.nn.functional.cross_entropy(scores, answers).backward()
    optimizer.step()
    if step:
        seconds.append(time.perf_counter() - start)
        tokens.append(sum(map(len, sequences)))

print(json.dumps({
    "seconds": statistics.median(seconds),
    "examples": arguments.batch,
    "realTokens": round(statistics.mean(tokens)),
    "peakBytes": peak_bytes(),
}))
