"""Tokenisations from a file: a model's tokenizer.json, as the ``tokenizers`` library (extra ``[bpe]``) reads it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metrics.registry import NAME, MetricError


@dataclass(frozen=True)
class FileTokenizer:
    """A tokenisation that a file defines.

    Attributes:
        name: Name of the tokenisation, as in ``token_edit_distance_<name>``.
        path: The file.
        sha256: Hash of its bytes.
        encoder: What the library made of it.
    """

    name: str
    path: Path
    sha256: str
    encoder: Any

    @property
    def version(self) -> int:
        """A whole number that another content of the file changes, at most 2^20; scores are stored with it."""
        return int(self.sha256[:5], 16) + 1

    @property
    def meaning(self) -> str:
        """What a token is, for people."""
        return f"tokens of {self.path.name} (sha256 {self.sha256[:12]}), without special ones"


class TokenizerFileError(MetricError):
    """A tokenizer's file cannot be used.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"tokenizer {path}: {problem}")
        self.path = path


FILE_TOKENIZERS: dict[str, FileTokenizer] = {}
"""Those in use, by name; ``metrics.tokenizers.use_tokenizer`` enters them with their metrics."""


def read_tokenizer(name: str, path: Path) -> FileTokenizer:
    """Read a tokenizer.json; nothing in it is code.

    Raises:
        TokenizerFileError: The name is no name of a tokenisation, the file cannot be read or is no tokenizer, or the
            extra ``[bpe]`` is not installed.
    """
    if not NAME.fullmatch(name):
        raise TokenizerFileError(path, f"{name!r} is no name; use lower-case letters, digits and underscores")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TokenizerFileError(path, f"cannot be read ({error.strerror or error})") from error
    if importlib.util.find_spec("tokenizers") is None:
        raise TokenizerFileError(path, "reading it needs the library tokenizers: install the extra [bpe]")
    library = importlib.import_module("tokenizers")
    try:
        encoder = library.Tokenizer.from_str(content.decode("utf-8"))
    except Exception as error:  # the library raises a bare Exception
        raise TokenizerFileError(path, f"is no tokenizer.json ({error})") from error
    encoder.no_padding()
    encoder.no_truncation()
    return FileTokenizer(name, path, hashlib.sha256(content).hexdigest(), encoder)


def encode(texts: pl.Series, name: str) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Ids of the tokens of all texts (no NULL), and tokens of each; texts that occur twice are tokenised once."""
    distinct = texts.unique(maintain_order=True)
    encoded = FILE_TOKENIZERS[name].encoder.encode_batch(distinct.to_list(), add_special_tokens=False)
    lists = pl.Series([one.ids for one in encoded], dtype=pl.List(pl.UInt32))
    table = pl.DataFrame({"text": distinct, "ids": lists})
    found = texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")["ids"]
    lengths = found.list.len().to_numpy().astype(np.int32)
    return found.explode(empty_as_null=False).to_numpy().astype(np.uint32), lengths
