from __future__ import annotations

import pytest

from reports.data import LadderData
from reports.evidence import evidence


def test_evidence_bar_stands_where_its_numbers_say(ladders: dict[str, LadderData]) -> None:
    found = evidence(ladders["break"])
    allowed, shown = found.tracks
    overview = ladders["break"].overview
    assert (allowed.value, allowed.need) == (overview["largest_allowed_jump"], overview["allowed_jump_limit"])
    assert (shown.value, shown.need) == (overview["jump_low"], 0.3)
    assert shown.mark == pytest.approx(0.3 / found.span)
    assert found.adjusted is not None
    assert "0.004" in found.adjusted
    short = evidence(ladders["short"])
    assert short.tracks == ()
    assert short.why_empty == "No jump was searched for."
    assert evidence(ladders["open"]).lean == "a break"
