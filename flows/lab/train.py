"""Training of one model, and the raw outputs it writes at chosen points of its training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from time import process_time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from flows.lab.model import CODE, CONTEXT, END, Shape, Transformer, encode
from flows.lab.recipe import FINAL_LEARNING_RATE_SHARE, GRADIENT_CLIP, ROWS_PER_STEP, WARM_UP_STEPS, WEIGHT_DECAY
from flows.lab.tasks import TASKS, training_items


@dataclass(frozen=True)
class Corpus:
    """Training text packed into rows of ``CONTEXT`` characters; all arrays are (rows, CONTEXT), uint8.

    ``segment`` numbers the examples of a row, so that attention stays inside one example; ``answer`` is 1 where the
    character belongs to a target or ends it, which is where the loss is taken.
    """

    codes: NDArray[np.uint8]
    position: NDArray[np.uint8]
    segment: NDArray[np.uint8]
    answer: NDArray[np.uint8]


@dataclass(frozen=True)
class Trained:
    """A finished training: loss is the mean of the last tenth, in nats an answer character."""

    model: Transformer
    loss: float
    tokens: int
    cpu_seconds: float


def pack_corpus(seed: int, rows: int) -> Corpus:
    """Draw training items of all tasks by their weights and pack whole examples into rows, in order."""
    random = Random(f"corpus:{seed}")
    streams = [training_items(task, random) for task in TASKS]
    weights = [task.weight for task in TASKS]
    arrays = np.zeros((4, rows, CONTEXT), np.uint8)
    row, used, segment = 0, 0, 1
    while row < rows:
        item = next(random.choices(streams, weights)[0])
        codes = encode(item.prompt + item.target + END)
        if used + len(codes) > CONTEXT:
            row, used, segment = row + 1, 0, 1
            if row == rows:
                break
        place = slice(used, used + len(codes))
        arrays[0, row, place] = codes
        arrays[1, row, place] = np.arange(len(codes))
        arrays[2, row, place] = segment
        arrays[3, row, used + len(item.prompt) : used + len(codes)] = 1
        used, segment = used + len(codes), segment + 1
    return Corpus(*arrays)


def default_learning_rate(shape: Shape) -> float:
    """Peak learning rate: 3e-2 at width 8, falling with width to 4e-3 at width 128.

    Set from short trainings at four widths with rates a factor of 0.5 to 4 apart, so that no size is worse by neglect.
    """
    return 3e-2 * math.pow(8 / shape.width, 0.72)


def _learning_rate_share(step: int, steps: int) -> float:
    warm_up = min(WARM_UP_STEPS, max(steps // 10, 1))
    if step < warm_up:
        return (step + 1) / warm_up
    progress = (step - warm_up) / max(steps - warm_up, 1)
    return FINAL_LEARNING_RATE_SHARE + (1 - FINAL_LEARNING_RATE_SHARE) * 0.5 * (1 + math.cos(math.pi * progress))


def _batch(corpus: Corpus, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    rows = slice(step * ROWS_PER_STEP, (step + 1) * ROWS_PER_STEP)
    codes = torch.from_numpy(corpus.codes[rows].astype(np.int64))
    segment = torch.from_numpy(corpus.segment[rows])
    mask = (segment[:, None, :-1, None] == segment[:, None, None, :-1]).tril()
    place = torch.from_numpy(corpus.answer[rows, 1:].astype(bool))
    position = torch.from_numpy(corpus.position[rows, :-1].astype(np.int64))
    return codes[:, :-1], position, mask, place, codes[:, 1:][place]


def train(
    shape: Shape,
    seed: int,
    corpus: Corpus,
    *,
    learning_rate: float | None = None,
    checkpoints: Sequence[int] = (),
    at_checkpoint: Callable[[int, Transformer, float], None] | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Trained:
    """Train one model on every row of the corpus once.

    Args:
        shape: Width and depth.
        seed: Seeds the initial weights; the order of the data is the corpus's.
        corpus: The training text; its rows set the number of steps.
        learning_rate: Peak learning rate; None takes ``default_learning_rate``.
        checkpoints: Steps (counted from 1) after which ``at_checkpoint`` is called with the un-annealed model.
        at_checkpoint: Called with the step, the model and the mean loss of the last 50 steps.
        progress: Called every 50 steps with the step and the loss in nats an answer character.
    """
    started = process_time()
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    model = Transformer(shape)
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and n.startswith("blocks")]
    others = [p for n, p in model.named_parameters() if not (p.dim() == 2 and n.startswith("blocks"))]
    peak = default_learning_rate(shape) if learning_rate is None else learning_rate
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}],
        lr=peak,
        betas=(0.9, 0.98),
        foreach=True,
    )
    steps = len(corpus.codes) // ROWS_PER_STEP
    losses = np.zeros(steps)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = peak * _learning_rate_share(step, steps)
        codes, position, mask, place, wanted = _batch(corpus, step)
        loss = functional.cross_entropy(model(codes, position, mask)[place], wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_CLIP, foreach=True)
        optimizer.step()
        losses[step] = float(loss.item())
        recent = float(losses[max(0, step - 49) : step + 1].mean())
        if progress is not None and (step % 50 == 49 or step == steps - 1):
            progress(step + 1, recent)
        if at_checkpoint is not None and step + 1 in checkpoints:
            at_checkpoint(step + 1, model, recent)
    tokens = int(corpus.segment.astype(bool).sum())
    return Trained(model, float(losses[-max(steps // 10, 1) :].mean()), tokens, process_time() - started)


@dataclass(frozen=True)
class Outputs:
    """What a model wrote for the items of one task.

    Attributes:
        output: Greedy text, without the end character; cut at the space the context leaves.
        target_logprobs: Per item, log-probability (nats) of each target character under teacher forcing.
        target_is_argmax: Per item, whether each target character was the most likely one.
        end_logprob: Log-probability (nats) of ending right after the target.
    """

    output: list[str]
    target_logprobs: list[list[float]]
    target_is_argmax: list[list[bool]]
    end_logprob: list[float]


@torch.no_grad()
def write_outputs(model: Transformer, prompts: Sequence[str], targets: Sequence[str]) -> Outputs:
    """Greedy outputs (key-value cache) and teacher-forced log-probabilities, prompts of one length at a time."""
    model.eval()
    output = [""] * len(prompts)
    logprobs: list[list[float]] = [[] for _ in prompts]
    argmax: list[list[bool]] = [[] for _ in prompts]
    end: list[float] = [0.0] * len(prompts)
    longest = max(map(len, targets)) + 3
    for length in sorted({len(prompt) for prompt in prompts}):
        members = [index for index, prompt in enumerate(prompts) if len(prompt) == length]
        for index, text in zip(members, _greedy(model, [prompts[i] for i in members], longest), strict=True):
            output[index] = text
    for size in sorted({len(p) + len(t) for p, t in zip(prompts, targets, strict=True)}):
        members = [i for i, p in enumerate(prompts) if len(p) + len(targets[i]) == size]
        codes = torch.tensor([encode(prompts[i] + targets[i] + END) for i in members])
        position = torch.arange(size).expand(len(members), size)
        logits = torch.log_softmax(model(codes[:, :-1], position), -1)
        chosen = logits.gather(-1, codes[:, 1:, None])[..., 0].numpy()
        best = (logits.argmax(-1) == codes[:, 1:]).numpy()
        for row, index in enumerate(members):
            start = len(prompts[index]) - 1
            logprobs[index] = [round(float(v), 3) for v in chosen[row, start:-1]]
            argmax[index] = [bool(v) for v in best[row, start:-1]]
            end[index] = round(float(chosen[row, -1]), 3)
    model.train()
    return Outputs(output, logprobs, argmax, end)


def _greedy(model: Transformer, prompts: Sequence[str], longest: int) -> list[str]:
    letters = {code: character for character, code in CODE.items()}
    codes = torch.tensor([encode(prompt) for prompt in prompts])
    past: list[list[Tensor]] = [[] for _ in model.blocks]
    written = torch.zeros(len(prompts), 0, dtype=torch.long)
    position = torch.arange(codes.shape[1])
    for _ in range(longest):
        if int(position[-1]) >= CONTEXT:
            break
        logits = model(codes, position.expand(codes.shape), None, past)
        codes = logits[:, -1].argmax(-1, keepdim=True)
        written = torch.cat((written, codes), 1)
        position = position[-1:] + 1
        if bool((written == CODE[END]).any(1).all()):
            break
    return ["".join(letters[c] for c in row).split(END)[0] for row in written.tolist()]
