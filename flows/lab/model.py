"""A character-level decoder-only transformer small enough to train on one CPU core.

Pre-norm blocks, learned absolute positions, tied embedding, squared-ReLU feed-forward of width 4d, no biases.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

CONTEXT = 48
END = "\n"
ALPHABET = "\x00" + END + "0123456789abcdefghijklmnopqrstuvwxyz" + "ACDHKMOPQRS" + "+*=:;"
CODE = {character: index for index, character in enumerate(ALPHABET)}


def encode(text: str) -> list[int]:
    """Character codes of a text; raises KeyError on a character outside the alphabet."""
    return [CODE[character] for character in text]


@dataclass(frozen=True)
class Shape:
    """Width and depth of one model of the family; depth is the same for all, so that size is not confounded with it."""

    width: int
    depth: int = 3

    @property
    def heads(self) -> int:
        """Attention heads: one for each 16 channels, at least two."""
        return max(2, self.width // 16)

    @property
    def name(self) -> str:
        """The name of the size, unique within the family."""
        return f"d{self.width}"


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm, each added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.norm_attention = nn.RMSNorm(shape.width)
        self.norm_feed = nn.RMSNorm(shape.width)
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.up = nn.Linear(shape.width, 4 * shape.width, bias=False)
        self.down = nn.Linear(4 * shape.width, shape.width, bias=False)

    def forward(self, stream: Tensor, mask: Tensor | None, past: list[Tensor] | None) -> Tensor:
        """One block over (batch, time, width); ``past`` holds and receives keys and values when decoding."""
        batch, time, width = stream.shape
        query, key, value = (
            part.view(batch, time, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(self.norm_attention(stream)).chunk(3, dim=-1)
        )
        if past is not None:
            if past:
                key, value = torch.cat((past[0], key), 2), torch.cat((past[1], value), 2)
            past[:] = [key, value]
        attended = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=mask is None and time > 1
        )
        stream = stream + self.out(attended.transpose(1, 2).reshape(batch, time, width))
        fed: Tensor = self.down(functional.relu(self.up(self.norm_feed(stream))).square())
        return stream + fed


class Transformer(nn.Module):
    """The model: codes (batch, time) and positions (batch, time) in, logits (batch, time, alphabet) out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), shape.width)
        self.position = nn.Embedding(CONTEXT, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.depth))
        self.norm = nn.RMSNorm(shape.width)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                scale = 0.5 if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(parameter, std=scale * shape.width**-0.5)

    def forward(
        self, codes: Tensor, positions: Tensor, mask: Tensor | None = None, past: list[list[Tensor]] | None = None
    ) -> Tensor:
        """Logits of the next character at every place."""
        stream = self.embedding(codes) + self.position(positions)
        for index, block in enumerate(self.blocks):
            stream = block(stream, mask, None if past is None else past[index])
        logits: Tensor = functional.linear(self.norm(stream), self.embedding.weight)
        return logits

    def n_params(self) -> int:
        """All trained parameters, embeddings included once (they are tied)."""
        return sum(parameter.numel() for parameter in self.parameters())

    def n_params_non_embedding(self) -> int:
        """Parameters without the character and position embeddings."""
        return self.n_params() - self.embedding.weight.numel() - self.position.weight.numel()
