"""Tokenisations from a file, against the library's own tokens one text at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from rapidfuzz.distance import Levenshtein
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from metrics.contract import check_metric
from metrics.file_tokens import FILE_TOKENIZERS, TokenizerFileError
from metrics.registry import METRICS, find
from metrics.scores import score_samples
from metrics.tokenizers import forget_tokenizer, use_tokenizer
from metrics.tokens import TOKENIZATIONS, tokenize_pairs
from tests.metrics.samples import samples

TEXTS = [
    "the answer is 12 apples",
    "12 and 13 are 25",
    "größe, 你好 🙂",
    "the the the",
    "שלום",
    "e\u0301 é",
    "",
    "\t\n x",
]


def write(path: Path, size: int = 300, *, padded: bool = False) -> Tokenizer:
    """A small byte-level BPE, trained here."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(TEXTS * 5, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet))
    if padded:
        made.enable_padding(length=50)
        made.enable_truncation(3)
    made.save(str(path))
    made.no_padding()
    made.no_truncation()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    before = set(METRICS)
    yield tmp_path / "tokenizer.json"
    for name in list(FILE_TOKENIZERS):
        forget_tokenizer(name)
    assert set(METRICS) == before


@pytest.mark.parametrize("padded", [False, True])
def test_a_column_equals_its_pairs_one_by_one(file: Path, padded: bool) -> None:
    library = write(file, padded=padded)
    use_tokenizer("small", file)
    pick = random.Random(2)
    outputs = [" ".join(pick.choices(TEXTS, k=pick.randint(0, 12))) for _ in range(300)]
    targets = [output if pick.random() < 0.3 else pick.choice(outputs) for output in outputs]
    found = tokenize_pairs(pl.Series(outputs), pl.Series(targets), "small")
    ids = {text: library.encode(text, add_special_tokens=False).ids for text in {*outputs, *targets}}
    assert found.output_length.tolist() == [len(ids[text]) for text in outputs]
    assert found.distance.tolist() == [
        Levenshtein.distance(ids[a], ids[b]) for a, b in zip(outputs, targets, strict=True)
    ]
    assert max(found.output_length) > 50


def test_the_metrics_of_a_file_keep_the_contract_and_carry_its_content(file: Path) -> None:
    write(file)
    first = use_tokenizer("small", file)
    assert use_tokenizer("small", file) is first
    names = [name for name in METRICS if name.endswith("_small")]
    assert len(names) == 6
    for name in names:
        declared = find(name)
        assert check_metric(declared) == ()
        assert (declared.tokenization, declared.version, declared.default) == ("small", first.version, False)
        assert first.sha256[:12] in declared.definition
    assert 1 <= find("per_token_accuracy_small__letter").version < 2**31
    write(file, 280)
    second = use_tokenizer("small", file)
    assert second.version != first.version
    assert find("token_edit_distance_small").version == second.version
    assert TOKENIZATIONS["small"] == second.meaning


def test_scores_by_a_file(file: Path) -> None:
    library = write(file)
    use_tokenizer("small", file)
    rows = samples(("the answer is 12", ["the answer is 13"]), ("", ["the"]), (None, ["the"]))
    found = score_samples(rows, ["token_edit_distance_small", "target_length_small"]).frame
    n = len(library.encode("the").ids)
    assert found["token_edit_distance_small"].to_list()[1:] == [n, None]
    assert found["target_length_small"].to_list()[1:] == [n, None]


def test_what_cannot_be_used_says_why(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TokenizerFileError, match="cannot be read"):
        use_tokenizer("small", file)
    file.write_text("{}")
    with pytest.raises(TokenizerFileError, match=r"is no tokenizer\.json"):
        use_tokenizer("small", file)
    write(file)
    with pytest.raises(TokenizerFileError, match="is no name; use lower-case"):
        use_tokenizer("Small!", file)
    with pytest.raises(TokenizerFileError, match="'word' is a tokenisation of its own"):
        use_tokenizer("word", file)
    monkeypatch.setattr("metrics.file_tokens.importlib.util.find_spec", lambda name: None)
    with pytest.raises(TokenizerFileError, match=r"install the extra \[bpe\]"):
        use_tokenizer("small", file)
