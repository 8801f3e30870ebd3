"""Spans and tags on the tiny BERT and texts on the tiny Llama: losses, first gradients, ten steps."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

import tiny_encoders  # noqa: E402
import tiny_models  # noqa: E402
from common import GOLDENS, Random, golden, write  # noqa: E402
from tiny_models import RATE, STEPS, under  # noqa: E402

SEED = 433
SOFT = 3
random = Random(SEED)


def ids(lengths, first, below):
    return [random.integers(length, below=below - first) + first for length in lengths]


def train(loss_of, start, dtype=torch.float32):
    """AdamW without decay, the rate falling in a line to 0."""
    weights = {name: value.to(dtype).clone().requires_grad_() for name, value in start.items()}
    optimizer = torch.optim.AdamW(weights.values(), lr=RATE, weight_decay=0.0, foreach=False)
    losses, first = [], {}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(weights)
        loss.backward()
        losses.append(loss.detach())
        first = first or {name: value.grad.clone() for name, value in weights.items()}
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        optimizer.step()
    losses.append(loss_of(weights).detach())
    return torch.stack(losses), first


def case(name, model, loss_of, start):
    losses, gradients = train(loss_of, start)
    model.double()
    twin, _ = train(loss_of, start, torch.float64)
    model.float()
    worst = float((twin - losses).abs().max())
    if worst > 3e-5 or losses[-1] > losses[0]:
        raise SystemExit(f"{name}: losses {losses} are {worst:.1e} from those in float64: take another seed")
    return under(name, under("start", start) | under("gradient", gradients) | {"losses": losses})


# Spans: [CLS] question [SEP] context [SEP] behind soft rows; the second window does not hold the answer.
CLS, SEP = 1, 2
STARTS, ENDS = [2, 0, 1], [4, 0, 1]  # 0 is the row of [CLS], i the context's token i - 1
bert = tiny_encoders.load(GOLDENS / "models" / "bert")
questions, contexts = ids([3, 2, 4], 5, tiny_encoders.VOCABULARY), ids([6, 9, 4], 5, tiny_encoders.VOCABULARY)


def window_loss(index, weights):
    question, context = questions[index], contexts[index]
    row = torch.cat([torch.tensor([CLS]), question, torch.tensor([SEP]), context, torch.tensor([SEP])])
    rows = torch.cat([weights["soft"], bert.get_input_embeddings()(row)])
    place = SOFT + len(question) + 2  # of the first token of the context
    segments = (torch.arange(len(rows)) >= place).long()
    hidden = bert.bert(inputs_embeds=rows[None], token_type_ids=segments[None]).last_hidden_state[0]
    read = torch.cat([hidden[SOFT : SOFT + 1], hidden[place : place + len(context)]])
    scores = functional.linear(read, weights["score.weight"], weights["score.bias"]).log_softmax(dim=0)
    return -(scores[STARTS[index], 0] + scores[ENDS[index], 1]) / 2


def span_loss(weights):
    return torch.stack([window_loss(index, weights) for index in range(len(questions))]).mean()


width = tiny_encoders.WIDTH
tensors = {
    "span.questions": torch.cat(questions),
    "span.question_lengths": torch.tensor([len(row) for row in questions]),
    "span.contexts": torch.cat(contexts),
    "span.context_lengths": torch.tensor([len(row) for row in contexts]),
    "span.starts": torch.tensor(STARTS),
    "span.ends": torch.tensor(ENDS),
}
start = {
    "soft": random.normal(SOFT, width, scale=0.3),
    "score.weight": random.normal(2, width, scale=0.3),
    "score.bias": random.normal(2, scale=0.1),
}
tensors |= case("span", bert, span_loss, start)

# Texts: the loss is that of the targets alone, the mean over all their tokens.
llama = tiny_models.load(GOLDENS / "models" / "llama")
prompts, targets = ids([4, 7, 2], 3, tiny_models.VOCABULARY), ids([3, 5, 1], 3, tiny_models.VOCABULARY)


def text_loss(weights):
    losses = []
    for prompt, target in zip(prompts, targets):
        rows = torch.cat([weights["soft"], llama.get_input_embeddings()(torch.cat([prompt, target[:-1]]))])
        logits = llama(inputs_embeds=rows[None], use_cache=False).logits[0]
        losses.append(functional.cross_entropy(logits[-len(target) :], target, reduction="none"))
    return torch.cat(losses).mean()


tensors |= {
    "text.prompts": torch.cat(prompts),
    "text.prompt_lengths": torch.tensor([len(row) for row in prompts]),
    "text.targets": torch.cat(targets),
    "text.target_lengths": torch.tensor([len(row) for row in targets]),
}
tensors |= case("text", llama, text_loss, {"soft": random.normal(SOFT, tiny_models.WIDTH, scale=0.3)})

# Tags: a head of five tags at each word, [CLS] words [SEP] behind soft rows.
TAGS = 5
words = ids([5, 3, 7], 5, tiny_encoders.VOCABULARY)
tags = [random.integers(len(row), below=TAGS) for row in words]


def tag_loss(weights):
    losses = []
    for row, own in zip(words, tags):
        framed = torch.cat([torch.tensor([CLS]), row, torch.tensor([SEP])])
        rows = torch.cat([weights["soft"], bert.get_input_embeddings()(framed)])
        hidden = bert.bert(inputs_embeds=rows[None]).last_hidden_state[0]
        read = hidden[SOFT + 1 : SOFT + 1 + len(row)]
        scores = functional.linear(read, weights["score.weight"], weights["score.bias"])
        losses.append(functional.cross_entropy(scores, own, reduction="none"))
    return torch.cat(losses).mean()


tensors |= {
    "tag.words": torch.cat(words),
    "tag.word_lengths": torch.tensor([len(row) for row in words]),
    "tag.tags": torch.cat(tags),
}
start = {
    "soft": random.normal(SOFT, width, scale=0.3),
    "score.weight": random.normal(TAGS, width, scale=0.3),
    "score.bias": random.normal(TAGS, scale=0.1),
}
tensors |= case("tag", bert, tag_loss, start)

write(
    golden("prompts"),
    tensors,
    SEED,
    f"""span: models/bert behind {SOFT} soft rows, question and context a pair with segments; start and end each a softmax
    over [CLS] and the context; half the sum of both cross-entropies, mean over windows. text: models/llama behind {SOFT} soft
    rows; cross-entropy of the targets' tokens, mean over all. tag: models/bert behind {SOFT} soft rows, [CLS] words [SEP], a
    head of {TAGS} tags at each word; cross-entropy, mean over all words. Ten AdamW steps without decay, rate {RATE} * (1 - step / 10);
    losses has one more, after the last step.""",
)
