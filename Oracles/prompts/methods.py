"""Ten steps of every trained method on the tiny Llama: losses, first gradients, and the weights where they end."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from common import GOLDENS, Random, golden, write  # noqa: E402
from tiny_models import (  # noqa: E402
    LABELS,
    RATE,
    STEPS,
    TARGETS,
    load,
    packed_ids,
    prefix_logits,
    soft_logits,
    token_rows,
    under,
)

SEED = 421
ROWS, RANK, ALPHA, HIDDEN, TABLE = 3, 4, 8, 6, 8
random = Random(SEED)
model = load(GOLDENS / "models" / "llama")
config = model.config
WIDTH, LAYERS = config.hidden_size, config.num_hidden_layers
NARROW = config.num_key_value_heads * config.head_dim
rows = token_rows(random)


def label_scores(logits):
    return logits[-1, LABELS]


def prefix_scores(row, tables):
    """`tables`: keys and values of each layer in turn."""
    return label_scores(prefix_logits(model, row, torch.cat(tables, dim=1)))


def prefix_encoder(row, weights):
    hidden = functional.linear(
        weights["prefix.encoder.table"],
        weights["prefix.encoder.inner.weight"],
        weights["prefix.encoder.inner.bias"],
    ).tanh()
    outer = [f"prefix.encoder.outer.{index}." for index in range(2 * LAYERS)]
    return prefix_scores(
        row, [functional.linear(hidden, weights[name + "weight"], weights[name + "bias"]) for name in outer]
    )


lstm = torch.nn.LSTM(WIDTH, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)


def pseudo_tokens(row, weights):
    start = "prompt_encoder.lstm_head."
    own = {name.removeprefix(start): value for name, value in weights.items() if name.startswith(start)}
    encoded, _ = torch.func.functional_call(lstm, own, (weights["prompt_encoder.embedding.weight"][None],))
    first, second = "prompt_encoder.mlp_head.0.", "prompt_encoder.mlp_head.2."
    hidden = functional.linear(encoded[0], weights[first + "weight"], weights[first + "bias"]).relu()
    soft = functional.linear(hidden, weights[second + "weight"], weights[second + "bias"])
    return label_scores(soft_logits(model, row, soft))


def changed(row, weights):
    """LoRA: the output of a map plus alpha / rank times that of the two thin ones."""
    hooks = []
    for name, module in model.named_modules():
        if f"{name}.lora_A.weight" in weights:
            down, up = weights[f"{name}.lora_A.weight"], weights[f"{name}.lora_B.weight"]
            hooks.append(
                module.register_forward_hook(
                    lambda _, inputs, output, down=down, up=up: output
                    + ALPHA / RANK * functional.linear(functional.linear(inputs[0], down), up)
                )
            )
    scores = label_scores(model(row[None], use_cache=False).logits[0])
    for hook in hooks:
        hook.remove()
    return scores


def tuned(row, weights):
    logits = torch.func.functional_call(model, weights, (row[None],), {"use_cache": False}).logits[0]
    return label_scores(logits)


def head(row, weights):
    hidden = model.model(row[None], use_cache=False).last_hidden_state[0, -1]
    return functional.linear(hidden, weights["score.weight"], weights["score.bias"])


def loss_of(scores_of, weights):
    losses = [
        functional.cross_entropy(scores_of(row, weights)[None], torch.tensor([target]))
        for row, target in zip(rows, TARGETS)
    ]
    return torch.stack(losses).mean()


def train(scores_of, start):
    """AdamW without decay, the rate falling in a line to 0."""
    weights = {name: value.clone().requires_grad_() for name, value in start.items()}
    optimizer = torch.optim.AdamW(weights.values(), lr=RATE, weight_decay=0.0, foreach=False)
    losses, first = [], {}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(scores_of, weights)
        loss.backward()
        losses.append(loss.detach())
        first = first or {name: value.grad.clone() for name, value in weights.items()}
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        optimizer.step()
    losses.append(loss_of(scores_of, weights).detach())
    return torch.stack(losses), first, {name: value.detach() for name, value in weights.items()}


def case(name, scores_of, start, stores=True):
    losses, gradients, learned = train(scores_of, start)
    model.double()
    lstm.double()
    twin, _, _ = train(scores_of, {key: value.double() for key, value in start.items()})
    model.float()
    lstm.float()
    worst = float((twin - losses).abs().max())
    if worst > 3e-5 or losses[-1] > losses[0]:
        raise SystemExit(f"{name}: losses {losses} are {worst:.1e} from those in float64: take another seed")
    tensors = under("gradient", gradients) if stores else {}
    tensors |= under("norm", {key: value.norm() for key, value in gradients.items()})
    if stores:
        tensors |= under("start", start) | under("learned", learned)
    return under(name, tensors | {"losses": losses})


def normal(shapes, scale):
    return {name: random.normal(*shape, scale=scale) for name, shape in shapes.items()}


tensors = packed_ids(rows) | {"labels": torch.tensor(LABELS), "targets": torch.tensor(TARGETS)}
encoder = {
    "prefix.encoder.table": (ROWS, TABLE),
    "prefix.encoder.inner.weight": (HIDDEN, TABLE),
    "prefix.encoder.inner.bias": (HIDDEN,),
}
for index in range(2 * LAYERS):
    encoder[f"prefix.encoder.outer.{index}.weight"] = (NARROW, HIDDEN)
    encoder[f"prefix.encoder.outer.{index}.bias"] = (NARROW,)
tensors |= case("prefix_encoder", prefix_encoder, normal(encoder, 0.5))

shapes = {"prompt_encoder.embedding.weight": (ROWS, WIDTH)}
shapes |= {f"prompt_encoder.lstm_head.{name}": tuple(value.shape) for name, value in lstm.named_parameters()}
shapes |= {
    "prompt_encoder.mlp_head.0.weight": (2 * HIDDEN, 2 * HIDDEN),
    "prompt_encoder.mlp_head.0.bias": (2 * HIDDEN,),
    "prompt_encoder.mlp_head.2.weight": (WIDTH, 2 * HIDDEN),
    "prompt_encoder.mlp_head.2.bias": (WIDTH,),
}
tensors |= case("pseudo_tokens", pseudo_tokens, normal(shapes, 0.4))

shapes = {}
for name, module in model.named_modules():
    if name.endswith(("q_proj", "v_proj")):
        shapes[f"{name}.lora_A.weight"] = (RANK, module.in_features)
        shapes[f"{name}.lora_B.weight"] = (module.out_features, RANK)
tensors |= case("lora", changed, normal(shapes, 0.1))
tensors |= case(
    "head", head, {"score.weight": random.normal(len(LABELS), WIDTH, scale=0.1), "score.bias": torch.zeros(len(LABELS))}
)
everything = {name: value.detach().clone() for name, value in model.named_parameters()}
tensors |= case("model", tuned, everything, stores=False)
top = {
    name: value for name, value in everything.items() if name.startswith((f"model.layers.{LAYERS - 1}.", "model.norm"))
}
tensors |= case("top_layer", tuned, top, stores=False)

write(
    golden("prompts"),
    tensors,
    SEED,
    f"""The tiny Llama of models/llama, tokens [N] packed by lengths, each alone. Loss: cross-entropy over labels
    at the last position, mean over sequences. Ten AdamW steps without decay, rate {RATE} * (1 - step / 10);
    losses has one more, after the last step. prefix_encoder: {ROWS} rows, table to tanh to keys and values of each
    layer in turn. pseudo_tokens: PEFT's LSTM encoder, rows in front. lora: rank {RANK}, alpha {ALPHA}. head: a linear
    map of the last hidden state after the norm. model: all weights; top_layer: the last layer and the norm; of these
    two only the first gradients' norms.""",
)
