"""Put a tokenisation from a file into use: its name among the tokenisations, its metrics in the catalogue."""

from __future__ import annotations

from pathlib import Path

from metrics.catalogue import answers, text
from metrics.file_tokens import FILE_TOKENIZERS, FileTokenizer, TokenizerFileError, read_tokenizer
from metrics.registry import METRICS
from metrics.tokens import TOKENIZATIONS


def use_tokenizer(name: str, path: Path) -> FileTokenizer:
    """Enter the tokenisation of a file under a name; a file used before under that name is replaced.

    Its metrics are ``token_edit_distance_<name>``, ``token_edit_similarity_<name>``, ``per_token_accuracy_<name>``,
    ``target_length_<name>``, ``longest_correct_prefix_<name>`` and ``positional_accuracy_<name>``. Their version comes
    from the file's content, so that another file means another version, and only these columns are computed again.

    Raises:
        TokenizerFileError: The name is that of a built-in tokenisation, or the file cannot be used.
    """
    if name in TOKENIZATIONS and name not in FILE_TOKENIZERS:
        raise TokenizerFileError(path, f"{name!r} is a tokenisation of its own; give the file another name")
    found = read_tokenizer(name, path)
    known = FILE_TOKENIZERS.get(name)
    if known is not None and known.sha256 == found.sha256:
        return known
    forget_tokenizer(name)
    FILE_TOKENIZERS[name] = found
    TOKENIZATIONS[name] = found.meaning
    for declare in (text.declare, answers.declare):
        declare(name, found.meaning, version=found.version, default=False)
    return found


def forget_tokenizer(name: str) -> None:
    """Take a tokenisation from a file out of use, with its metrics and those made from them."""
    if name not in FILE_TOKENIZERS:
        return
    del FILE_TOKENIZERS[name], TOKENIZATIONS[name]
    for metric in [metric.name for metric in METRICS.values() if metric.tokenization == name]:
        del METRICS[metric]
