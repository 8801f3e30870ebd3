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
SHARE, DECAY = 0.1, 0.05
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


def prefix_names(layers):
    return [f"prefix.layers.{layer}.{kind}" for layer in layers for kind in ("keys", "values")]


def prefix_tables(row, weights):
    return prefix_scores(row, [weights[name] for name in prefix_names(range(LAYERS))])


def unseeing(module, arguments, named):
    mask = named["attention_mask"].clone()
    mask[..., :ROWS] = torch.finfo(mask.dtype).min
    return arguments, named | {"attention_mask": mask}


def upper_prefix(row, weights):
    """Only the last layer has keys and values; the others do not see what stands in their places."""
    own = [weights[name] for name in prefix_names([LAYERS - 1])]
    lower = model.model.layers[: LAYERS - 1]
    hooks = [layer.self_attn.register_forward_pre_hook(unseeing, with_kwargs=True) for layer in lower]
    scores = prefix_scores(row, [torch.zeros_like(own[0])] * (2 * (LAYERS - 1)) + own)
    for hook in hooks:
        hook.remove()
    return scores


def lstm_of(hidden):
    return torch.nn.LSTM(WIDTH, hidden, num_layers=2, bidirectional=True, batch_first=True)


lstm, lama_lstm = lstm_of(HIDDEN), lstm_of(WIDTH // 2)


def pseudo_rows(weights, lstm):
    start = "prompt_encoder.lstm_head."
    own = {name.removeprefix(start): value for name, value in weights.items() if name.startswith(start)}
    rows = weights["prompt_encoder.embedding.weight"]
    if lstm is not None:
        encoded, _ = torch.func.functional_call(lstm, own, (rows[None],))
        rows = encoded[0]
    first, second = "prompt_encoder.mlp_head.0.", "prompt_encoder.mlp_head.2."
    hidden = functional.linear(rows, weights[first + "weight"], weights[first + "bias"]).relu()
    return functional.linear(hidden, weights[second + "weight"], weights[second + "bias"])


def pseudo_tokens(lstm):
    return lambda row, weights: label_scores(soft_logits(model, row, pseudo_rows(weights, lstm)))


def together(row, weights):
    """Pseudo-tokens without an LSTM, and weights of the model."""
    own = {name: value for name, value in weights.items() if name.startswith("model.")}
    rows = torch.cat([pseudo_rows(weights, None), model.get_input_embeddings()(row)])
    named = {"inputs_embeds": rows[None], "use_cache": False}
    return label_scores(torch.func.functional_call(model, own, (), named).logits[0])


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


def train(scores_of, start, apart=()):
    """AdamW without decay, the rate falling in a line to 0; the weights apart at a share of it, with decay."""
    weights = {name: value.clone().requires_grad_() for name, value in start.items()}
    groups = [
        {"params": [weights[name] for name in start if name not in apart], "share": 1.0, "weight_decay": 0.0},
        {"params": [weights[name] for name in apart], "share": SHARE, "weight_decay": DECAY},
    ]
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=RATE, foreach=False)
    for group in optimizer.param_groups:
        group["lr"] = RATE * group["share"]
    losses, first = [], {}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(scores_of, weights)
        loss.backward()
        losses.append(loss.detach())
        first = first or {name: value.grad.clone() for name, value in weights.items()}
        for group in optimizer.param_groups:
            group["lr"] = RATE * group["share"] * (1 - step / STEPS)
        optimizer.step()
    losses.append(loss_of(scores_of, weights).detach())
    return torch.stack(losses), first, {name: value.detach() for name, value in weights.items()}


def case(name, scores_of, start, stores=("start", "gradient", "learned"), apart=()):
    """`stores`: what is kept of each tensor that is no weight of the model."""
    losses, gradients, learned = train(scores_of, start, apart)
    for module in (model, lstm, lama_lstm):
        module.double()
    twin, _, _ = train(scores_of, {key: value.double() for key, value in start.items()}, apart)
    for module in (model, lstm, lama_lstm):
        module.float()
    worst = float((twin - losses).abs().max())
    if worst > 3e-5 or losses[-1] > losses[0]:
        raise SystemExit(f"{name}: losses {losses} are {worst:.1e} from those in float64: take another seed")
    tensors = under("norm", {key: value.norm() for key, value in gradients.items()})
    for part, values in [("start", start), ("gradient", gradients), ("learned", learned)]:
        if part in stores:
            tensors |= under(part, {key: value for key, value in values.items() if key not in apart})
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
tensors |= case("pseudo_tokens", pseudo_tokens(lstm), normal(shapes, 0.4))

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
tensors |= case("model", tuned, everything, stores=())
top = {
    name: value for name, value in everything.items() if name.startswith((f"model.layers.{LAYERS - 1}.", "model.norm"))
}
tensors |= case("top_layer", tuned, top, stores=())

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

# A file of their own, drawn after all above.
more = packed_ids(rows) | {"labels": torch.tensor(LABELS), "targets": torch.tensor(TARGETS)}
for name, scores_of, layers in [
    ("prefix_tables", prefix_tables, range(LAYERS)),
    ("upper_prefix", upper_prefix, [LAYERS - 1]),
]:
    more |= case(name, scores_of, normal({key: (ROWS, NARROW) for key in prefix_names(layers)}, 0.5))
maps = {"prompt_encoder.embedding.weight": (ROWS, WIDTH)}
for place in (0, 2):
    maps |= {
        f"prompt_encoder.mlp_head.{place}.weight": (WIDTH, WIDTH),
        f"prompt_encoder.mlp_head.{place}.bias": (WIDTH,),
    }
lama = {f"prompt_encoder.lstm_head.{name}": tuple(value.shape) for name, value in lama_lstm.named_parameters()}
more |= case("pseudo_lama", pseudo_tokens(lama_lstm), normal(maps | lama, 0.2), stores=("start",))
more |= case("pseudo_maps", pseudo_tokens(None), normal(maps, 0.2), stores=("start",))
more |= case("together", together, normal(maps, 0.2) | top, stores=("start",), apart=tuple(top))
write(
    golden("prompts", "methods_more"),
    more,
    SEED,
    f"""As methods. prefix_tables: keys and values of all layers; upper_prefix: of the last one only. pseudo_lama and
    pseudo_maps: P-tuning's encoders for LAMA and, without LSTM, for FewGLUE. together: pseudo_maps and the top layer, which
    moves at {SHARE} of the rate with decay {DECAY}.""",
)
