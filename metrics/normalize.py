"""Text brought to a common form before it is compared, as Polars expressions."""

from __future__ import annotations

import polars as pl

# string.punctuation of Python, the 32 ASCII characters that the normalisation of SQuAD removes
_PUNCTUATION = r"[!-/:-@\[-`{-~]"
_ARTICLES = r"\b(a|an|the)\b"
# one number: sign, currency sign, digits with or without groups of three, fraction, exponent, per cent sign
_NUMBER = r"[-+]?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|\.)?(?:[eE][-+]?\d+)?"


def squad_normalized(text: pl.Expr) -> pl.Expr:
    """Lower case, no ASCII punctuation, no English articles, single spaces (Rajpurkar et al. 2016)."""
    bare = text.str.to_lowercase().str.replace_all(_PUNCTUATION, "").str.replace_all(_ARTICLES, " ")
    return bare.str.replace_all(r"\s+", " ").str.strip_chars()


def number(text: pl.Expr) -> pl.Expr:
    """Value of a text that is one number and nothing else; NULL where it is not, or is too large for a float.

    White space around it, a currency sign, commas between groups of three digits, a closing full stop and a per cent
    sign are left out; a per cent sign does not divide by 100.
    """
    stripped = text.str.strip_chars().str.replace("\u2212", "-", literal=True)
    is_number = stripped.str.contains(rf"^{_NUMBER}\s?%?\.?$") & stripped.str.contains(r"\d")
    digits = stripped.str.replace_all(r"[$€£,%\s]", "").str.strip_suffix(".")
    value = pl.when(is_number).then(digits).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)
